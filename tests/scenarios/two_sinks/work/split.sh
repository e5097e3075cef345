while IFS= read -r file; do
  case "$file" in
    *.csv) cp "$file" "$CLS_SINK_TABLES_PATH" ;;
    *) cp "$file" "$CLS_SINK_TEXTS_PATH" ;;
  esac
done < "$CLS_SOURCE_MAIN_FILES"
