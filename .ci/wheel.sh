#!/bin/sh
# The wheel, built and installed into a clean environment outside the checkout, must run the demo;
# so must the checkout itself.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"${PYTHON:-python}" -m build --wheel --outdir "$place/dist" "$root" >"$place/build.log" 2>&1 || { tail -n 20 "$place/build.log"; exit 1; }
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet "$place"/dist/*.whl
cd "$place"
"$place/venv/bin/partnersignal" demo --out "$place/run" >"$place/table.txt"
test "$(wc -l <"$place/table.txt")" -eq 11
"$place/venv/bin/python" -c "import partnersignal, pathlib; p = pathlib.Path(partnersignal.__file__); assert 'site-packages' in p.parts, p"
# The checkout without an install finds its data too.
cd "$place" && PYTHONPATH="$root" "$place/venv/bin/python" -m partnersignal demo --out "$place/run2" >"$place/table2.txt"
cmp "$place/table.txt" "$place/table2.txt"
echo "wheel: demo runs from the wheel and from the checkout"
