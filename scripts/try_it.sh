#!/bin/sh
# `make run`: a whole run on examples/sample-repo, made a git repository in a temporary folder, or on a given target.
# usage: try_it.sh TARGET [OPTION...]
set -eu
target=$1
shift
PYTHONPATH=$PWD/scripts
export PYTHONPATH
python=$PWD/.venv/bin/python
if [ -n "$target" ]; then
    exec "$python" -P -m improve_loop run --target "$target" "$@"
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/improve-loop-XXXXXX")/sample-repo
cp -R examples/sample-repo "$folder"
git -C "$folder" init -q -b main
git -C "$folder" add -A
git -C "$folder" -c user.name=Sample -c user.email=sample@example.invalid commit -q -m "A small service"
"$python" -P -m improve_loop run --target "$folder" --out "${folder%/*}/il-out" --auto "$@"
echo "look at what it made:  git -C $folder log --all --oneline --graph"
