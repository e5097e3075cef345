# Fails as long as there is no file `mended` beside the home.
echo "attempt of $CLS_LOT" >&2
test -f "$CLS_STORES/../../mended" && echo done > "$CLS_SINK_MAIN_PATH/$CLS_LOT"
