# Fails once.
flag="$CLS_STORES/../../once"
if [ ! -f "$flag" ]; then touch "$flag"; echo bad > "$CLS_SINK_MAIN_PATH/bad"; exit 1; fi
echo good > "$CLS_SINK_MAIN_PATH/good"
