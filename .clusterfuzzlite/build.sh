#!/usr/bin/env bash
# Builds every target for ClusterFuzzLite and OSS-Fuzz: into $OUT go the programs, and beside each its seeds, its
# dictionary and its options. Both set SRC, OUT and SANITIZER; so does `cargo xtask fuzz build-script`, without Docker.
set -euo pipefail
cd "$SRC/cmrp"

# Other builds, such as for coverage, have their switches in RUSTFLAGS.
case "$SANITIZER" in
    address | memory | thread) sanitizer=$SANITIZER ;;
    *) sanitizer=none ;;
esac
cargo fuzz build --release --debug-assertions --sanitizer "$sanitizer"
programs=${CARGO_TARGET_DIR:-fuzz/target}/x86_64-unknown-linux-gnu/release

while IFS=$'\t' read -r target max_len timeout; do
    case "$target" in '#'* | target) continue ;; esac
    cp "$programs/$target" "$OUT/"
    {
        printf '[libfuzzer]\nmax_len = %s\ntimeout = %s\nlen_control = 0\n' "$max_len" "$timeout"
        if [ -f "fuzz/dictionaries/$target.dict" ]; then
            cp "fuzz/dictionaries/$target.dict" "$OUT/"
            printf 'dict = %s.dict\n' "$target"
        fi
    } >"$OUT/$target.options"
    if compgen -G "fuzz/corpus/$target/seed-*" >/dev/null; then
        find "fuzz/corpus/$target" -name 'seed-*' | LC_ALL=C sort | zip -q -j -@ "$OUT/${target}_seed_corpus.zip"
    fi
done <fuzz/targets.tsv
