# Counts the objects of the source manifest; written as for a container that sees S3 through files.
import json
import os
import sys
from urllib.parse import unquote

STORES = os.environ["CLS_STORES"]


def path_of(uri):
    return os.path.join(STORES, "s3", unquote(uri.removeprefix("s3://")))


def write(uri, text):
    os.makedirs(os.path.dirname(path_of(uri)), exist_ok=True)
    with open(path_of(uri), "w", encoding="utf-8") as out:
        out.write(text)


lot, manifest_uri = sys.argv[1:]
props = json.loads(os.environ["CLS_ARC_PROPS_JSON"])
with open(path_of(manifest_uri), encoding="utf-8") as source:
    members = json.load(source)["uris"]
count = len(members) * props["workloadProps"]["factor"]

sink = props["sinks"]["main"]["pathURI"] + lot + ".txt"
write(sink, f"{os.environ['GREETING']} {count} {lot}")

manifest = {"state": "complete", "comment": None, "lotId": lot, "uriType": "identifier", "uris": [sink]}
template = props["sinkManifestTemplates"]["main"]
uri = template.replace("{lot}", lot).replace("{state}", "complete").replace("{/attempt*}", "")
write(uri, json.dumps(manifest, separators=(",", ":")))
