#!/usr/bin/env python3
"""Holds reports against their schemas: validate.py [FILE…], by default the golden files.

*.sarif against SARIF 2.1.0, *.json against docs/json-v1.schema.json. Needs the Python package jsonschema.
sarif-schema-2.1.0.json is the OASIS schema as the crate serde-sarif 0.8.0 (MIT) carries it.
"""
import json
import pathlib
import sys

import jsonschema

here = pathlib.Path(__file__).resolve().parent
root = here.parents[2]
schemas = {
    ".sarif": json.loads((here / "sarif-schema-2.1.0.json").read_text()),
    ".json": json.loads((root / "docs/json-v1.schema.json").read_text()),
}
bad = 0
for name in sys.argv[1:] or sorted(map(str, (here / "golden").glob("report.*"))):
    schema = schemas[pathlib.Path(name).suffix]
    check = jsonschema.validators.validator_for(schema)
    check.check_schema(schema)
    document = json.loads(pathlib.Path(name).read_text())
    for error in check(schema).iter_errors(document):
        bad += 1
        print(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    print(f"{name}: checked")
sys.exit(bad > 0)
