#!/bin/sh
# Make the bucket, the queue and its dead-letter queue that Carga needs. Safe to run again: it changes only
# what differs. The same script serves docker compose, `./carga up` and a person.
#
# Needs `aws` or `awslocal` on PATH. Reads AWS_ENDPOINT_URL, AWS_DEFAULT_REGION, S3_BUCKET_NAME, SQS_QUEUE_NAME,
# SQS_DLQ_NAME. Inside the LocalStack container none of them is needed.
set -eu

bucket=${S3_BUCKET_NAME:-medisupply-bulk-uploads}
queue=${SQS_QUEUE_NAME:-medisupply-bulk-upload-queue}
dead_letter_queue=${SQS_DLQ_NAME:-$queue-dlq}
region=${AWS_DEFAULT_REGION:-us-east-1}
export AWS_DEFAULT_REGION="$region" AWS_PAGER=
# A LocalStack takes any credentials, but the command line insists on having some.
export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-test}" AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-test}"

call() {
    if command -v awslocal >/dev/null 2>&1; then
        awslocal "$@"
    elif command -v aws >/dev/null 2>&1; then
        # Said aloud: version 1 of the command ignores AWS_ENDPOINT_URL for SQS.
        aws --endpoint-url "${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}" "$@"
    else
        echo "init-localstack: neither awslocal nor aws is on PATH" >&2
        exit 127
    fi
}

make_bucket() {
    if ! call s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then
        # us-east-1 is the one region that must not be named.
        if [ "$region" = us-east-1 ]; then
            call s3api create-bucket --bucket "$bucket" >/dev/null
        else
            call s3api create-bucket --bucket "$bucket" \
                --create-bucket-configuration "LocationConstraint=$region" >/dev/null
        fi
    fi
    call s3api put-bucket-lifecycle-configuration --bucket "$bucket" --lifecycle-configuration '{"Rules": [
        {"ID": "forget-broken-uploads", "Status": "Enabled", "Filter": {"Prefix": ""},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {"ID": "forget-old-uploads", "Status": "Enabled", "Filter": {"Prefix": "uploads/"},
         "Expiration": {"Days": 30}}]}' >/dev/null
}

# Attributes are set in a second call: create-queue refuses a queue that exists with other ones.
make_queues() {
    dead_letter_url=$(call sqs create-queue --queue-name "$dead_letter_queue" --query QueueUrl --output text)
    dead_letter_arn=$(call sqs get-queue-attributes --queue-url "$dead_letter_url" \
        --attribute-names QueueArn --query Attributes.QueueArn --output text)
    # What was given up on is kept as long as SQS can.
    call sqs set-queue-attributes --queue-url "$dead_letter_url" \
        --attributes '{"MessageRetentionPeriod": "1209600"}'

    url=$(call sqs create-queue --queue-name "$queue" --query QueueUrl --output text)
    call sqs set-queue-attributes --queue-url "$url" --attributes '{
        "VisibilityTimeout": "300", "MessageRetentionPeriod": "86400", "ReceiveMessageWaitTimeSeconds": "20",
        "RedrivePolicy": "{\"deadLetterTargetArn\": \"'"$dead_letter_arn"'\", \"maxReceiveCount\": \"10\"}"}'
}

# Side by side: every call starts a command of half a second.
make_bucket &
bucket_job=$!
make_queues
wait "$bucket_job"
echo "init-localstack: bucket $bucket, queue $queue, dead-letter queue $dead_letter_queue"
