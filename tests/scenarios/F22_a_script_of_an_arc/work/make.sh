printf '%s\n' "$1" "$2" "$PLAIN" >"$CLS_SINK_MAIN_PATH/arguments"
while read -r file; do cat "$file"; done <"$CLS_SOURCE_MAIN_FILES" >"$CLS_SINK_MAIN_PATH/$CLS_LOT"
echo done
