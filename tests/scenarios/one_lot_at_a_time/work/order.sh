echo "$CLS_LOT" | tee -a "$CLS_STORES/../../order" > "$CLS_SINK_MAIN_PATH/$CLS_LOT"
