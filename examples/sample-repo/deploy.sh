#!/bin/sh
set -eu
echo "deploying dist/ to $1"
