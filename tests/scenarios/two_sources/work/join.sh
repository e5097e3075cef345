# Writes which source files there are, by role.
out="$CLS_SINK_MAIN_PATH/joined.$CLS_LOT"
for role in MAIN OTHER; do
  eval "files=\$CLS_SOURCE_${role}_FILES"
  if [ -n "$files" ]; then sed "s|.*/|$role |" "$files"; else echo "$role absent"; fi
done > "$out"
