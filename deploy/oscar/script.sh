#!/bin/bash
# OSCAR names the file in INPUT_FILE_PATH, and takes what is put into TMP_OUTPUT_DIR.
set -euo pipefail

name=$(basename "$INPUT_FILE_PATH")
exec deepaas-cli --deepaas_method_output "$TMP_OUTPUT_DIR/$name.json" \
    predict "--${ARGUMENT:-data}" "$INPUT_FILE_PATH"
