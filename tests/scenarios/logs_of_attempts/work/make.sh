echo "looking at $CLS_LOT"
echo "first" >&2
echo "last" >&2
exit 7
