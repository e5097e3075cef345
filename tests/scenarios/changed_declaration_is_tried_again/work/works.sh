echo done > "$CLS_SINK_MAIN_PATH/$CLS_LOT"
