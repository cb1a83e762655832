#!/bin/sh
# GitHub's `gh api`, as far as the action uses it: comments are lines of JSON in $COMMENTS.
set -eu
method=GET
while [ $# -gt 0 ]; do
  case $1 in
    api | --paginate | --silent) ;;
    --method) method=$2; shift ;;
    --jq) filter=$2; shift ;;
    -F) file=${2#body=@}; shift ;;
    *) path=$1 ;;
  esac
  shift
done
echo "$method $path" >> "$COMMENTS.log"
case $method in
  GET) jq --slurp . "$COMMENTS" | jq --raw-output "$filter" ;;
  POST)
    jq --null-input --compact-output --rawfile body "$file" \
      '{id: now, user: {type: "Bot"}, body: $body}' >> "$COMMENTS"
    ;;
  PATCH)
    jq --compact-output --rawfile body "$file" --arg id "${path##*/}" \
      'if (.id | tostring) == $id then .body = $body else . end' "$COMMENTS" > "$COMMENTS.new"
    mv "$COMMENTS.new" "$COMMENTS"
    ;;
esac
