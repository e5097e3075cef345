# Writes one file: how many source files there are, and their lines in order.
set -e
out="$CLS_SINK_MAIN_PATH/$CLS_LOT.txt"
wc -l < "$CLS_SOURCE_MAIN_FILES" | tr -d ' ' > "$out"
while IFS= read -r file; do cat "$file"; echo; done < "$CLS_SOURCE_MAIN_FILES" | sort >> "$out"
