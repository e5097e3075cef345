# Writes the same object for every lot, which is wrong.
import json
import os

stores = os.environ["CLS_STORES"] + "/s3/"
props = json.loads(os.environ["CLS_ARC_PROPS_JSON"])
lot = os.environ["CLS_LOT"]
uri = props["sinks"]["main"]["pathURI"] + "fixed.txt"


def write(to, text):
    path = stores + to.removeprefix("s3://")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


write(uri, lot)
template = props["sinkManifestTemplates"]["main"]
to = template.replace("{lot}", lot).replace("{state}", "complete").replace("{/attempt*}", "")
write(to, json.dumps({"state": "complete", "comment": None, "lotId": lot, "uriType": "identifier", "uris": [uri]}))
