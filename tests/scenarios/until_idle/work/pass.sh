# Puts a file where another boundary looks, as old as the test's own are.
mkdir -p "$CLS_STORES/s3/data/second"
while IFS= read -r file; do
  to="$CLS_STORES/s3/data/second/$CLS_LOT.${file##*/}"
  cp "$file" "$to"
  touch -d "$CLS_LOT_START" "$to"
done < "$CLS_SOURCE_MAIN_FILES"
echo done > "$CLS_SINK_MAIN_PATH/$CLS_LOT"
