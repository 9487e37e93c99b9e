#!/usr/bin/env bash
# Runs the checks that were asked for, all of them, and ends with the worst answer: 2 over 1 over 3 over 0.
# Inputs come in through the environment and are only ever arguments, so a branch name cannot be a command.
set -u
cd "${GITHUB_WORKSPACE:-.}" || exit 2
worst=0

note() {
    case "$1" in
    0) ;;
    3) [ "$worst" -ne 0 ] || worst=3 ;;
    1) [ "$worst" -eq 2 ] || worst=1 ;;
    *) worst=2 ;;
    esac
}

ask() {
    echo "::group::weigh $1"
    weigh "$@"
    note $?
    echo "::endgroup::"
}

case "$WEIGH_STRICT" in
true | false) ;;
*)
    echo "weigh: the input strict is true or false" >&2
    exit 2
    ;;
esac

[ -d "$WEIGH_PATH" ] || {
    echo "weigh: there is no folder at the input path" >&2
    exit 2
}

read -r -a commands <<< "${WEIGH_COMMAND//$'\n'/ }"
for command in "${commands[@]}"; do
    case "$command" in
    discover) ask discover --check -- "$WEIGH_PATH" ;;
    lock) ask lock --check --project "$WEIGH_PATH" ;;
    scan)
        strict=()
        [ "$WEIGH_STRICT" = false ] || strict=(--strict)
        ask scan "${strict[@]}" --format sarif --out "$WEIGH_SARIF" -- "$WEIGH_PATH"
        if [ -f "$WEIGH_SARIF" ]; then
            # A line feed in the name would write a second output.
            printf 'sarif=%s\n' "${WEIGH_SARIF//$'\n'/}" >> "${GITHUB_OUTPUT:-/dev/null}"
        fi
        ;;
    *)
        echo "weigh: the input command knows discover, lock and scan" >&2
        exit 2
        ;;
    esac
done
exit "$worst"
