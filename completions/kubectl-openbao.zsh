#compdef kubectl-openbao

autoload -U is-at-least

_kubectl-openbao() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_kubectl-openbao_commands" \
"*::: :->kubectl-openbao" \
&& ret=0
    case $state in
    (kubectl-openbao)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-command-$line[1]:"
        case $line[1] in
            (status)
_arguments "${_arguments_options[@]}" : \
'-l+[Only clusters with these labels]:SELECTOR:_default' \
'--selector=[Only clusters with these labels]:SELECTOR:_default' \
'-o+[Output format]:FORMAT:(table wide json yaml name)' \
'--output=[Output format]:FORMAT:(table wide json yaml name)' \
'--from-report=[Read a report instead of a cluster\: a file or a directory; needs no kubeconfig]:PATH:_files' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'-A[All namespaces]' \
'--all-namespaces[All namespaces]' \
'-w[Look again every two seconds]' \
'--watch[Look again every two seconds]' \
'--no-probe[Do not ask the servers of CLUSTER directly (by port-forward)]' \
'--exit-code[Exit with 3 when something needs attention]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster; all of the namespace when left out:_default' \
&& ret=0
;;
(diagnose)
_arguments "${_arguments_options[@]}" : \
'-o+[Output format]:FORMAT:(text json yaml markdown)' \
'--output=[Output format]:FORMAT:(text json yaml markdown)' \
'--from-report=[Read a report instead of a cluster\: a file or a directory; needs no kubeconfig]:PATH:_files' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-probe[Do not ask the servers directly (by port-forward)]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::what -- rollback, lock, restore or all; all when left out:_default' \
'::name -- The cluster; the only one of the namespace when left out:_default' \
&& ret=0
;;
(restore)
_arguments "${_arguments_options[@]}" : \
'--key=[The snapshot\: full path of the object in the bucket]:KEY:_default' \
'(--key)--before=[The newest snapshot not younger than this, such as 2026-11-21T00\:41\:19Z]:TIME:_default' \
'--verify=[How far the snapshot is looked into first\: none, head (its first 16 KiB) or full. When left out\: full up to the size of --verify-limit, else head]:DEPTH:((none\:"Not at all\: only whether it is there"
head\:"Its first 16 KiB"
full\:"To its last byte"))' \
'(--verify)--verify-limit=[Up to which size the snapshot is read to its last byte when --verify is left out, such as 500M or 2Gi (default\: 64M)]:SIZE:_default' \
'--from-file=[Take target, key and options from a manifest (- for stdin)]:FILE:_files' \
'--reason=[Why\: kept on the object; required with --override-lock]:TEXT:_default' \
'--dry-run=[Show the plan and write nothing\: client, or server for the API server'\''s word too]::MODE:((client\:"Only the plan"
server\:"The plan, and the API server'\''s word on the object"))' \
'--from-report=[Read a report instead of a cluster\: a file or a directory; needs no kubeconfig]:PATH:_files' \
'--confirm=[The phrase the plan asks for, for scripts]:PHRASE:_default' \
'*--accept=[Accept a hazard of the plan by its code, for scripts; repeatable]:CODE:_default' \
'-o+[Write the plan (with --dry-run) or the outcome as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--output=[Write the plan (with --dry-run) or the outcome as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--timeout=[Leave after this long with exit code 9, such as 30m; the restore goes on]:DURATION:_default' \
'--settle=[How long the servers must look well after the restore before it is called so]:DURATION:_default' \
'--provider=[Object store\: s3, gcs or azure]:NAME:_default' \
'--endpoint=[URL of the object store]:URL:_default' \
'--bucket=[Bucket or container]:NAME:_default' \
'--region=[Region]:NAME:_default' \
'--path-style=[Path-style addressing]::BOOL:(true false)' \
'--credentials-secret=[Secret with the store'\''s credentials]:NAME:_default' \
'--role-arn=[S3 web identity role]:ARN:_default' \
'--gcs-project=[GCS project]:NAME:_default' \
'--azure-account=[Azure storage account]:NAME:_default' \
'--azure-container=[Azure container]:NAME:_default' \
'--credentials=[Whose credentials look into the bucket\: the cluster'\''s Secret or your own environment]:FROM:((secret\:"The Secret the restore will use\: what the executor will be let into"
env\:"The person'\''s own environment, as the tools of the store'\''s provider find it (variables, profiles, sign-ins)"))' \
'--jwt-role=[JWT role the executor logs in with]:NAME:_default' \
'--token-secret=[Secret with a token the executor logs in with]:NAME:_default' \
'--image=[Executor image]:IMAGE:_default' \
'--restore-name=[Name of the object to create (default\: made up, unique)]:NAME:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'(--key --before)--latest[The newest snapshot in the bucket, by the times in the keys]' \
'--override-lock[Clear the lock of an upgrade or backup (implies --force)]' \
'--force[Restore although the cluster looks unhealthy or is upgrading]' \
'--show-kubectl[Also show the equivalent kubectl command]' \
'--no-follow[Return once the restore is created]' \
'--no-probe[Do not ask the servers directly (by port-forward) when verifying]' \
'--insecure-skip-verify[Do not verify the store'\''s certificate]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster to restore into; the only one of the namespace when left out:_default' \
&& ret=0
;;
(breakglass)
_arguments "${_arguments_options[@]}" : \
'--timeout=[Leave after this long with exit code 9, such as 30m]:DURATION:_default' \
'-o+[text, json or yaml]:FORMAT:((text\:"For people"
json\:"JSON"
yaml\:"YAML"))' \
'--output=[text, json or yaml]:FORMAT:((text\:"For people"
json\:"JSON"
yaml\:"YAML"))' \
'--from-report=[Read a report instead of a cluster\: a file or a directory; needs no kubeconfig]:PATH:_files' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'(--from-report)--follow[Follow an acknowledgement that was made to its end]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster; the only one of the namespace when left out:_default' \
":: :_kubectl-openbao__subcmd__breakglass_commands" \
"*::: :->breakglass" \
&& ret=0

    case $state in
    (breakglass)
        words=($line[2] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-breakglass-command-$line[2]:"
        case $line[2] in
            (show)
_arguments "${_arguments_options[@]}" : \
'--timeout=[Leave after this long with exit code 9, such as 30m]:DURATION:_default' \
'-o+[text, json or yaml]:FORMAT:((text\:"For people"
json\:"JSON"
yaml\:"YAML"))' \
'--output=[text, json or yaml]:FORMAT:((text\:"For people"
json\:"JSON"
yaml\:"YAML"))' \
'--from-report=[Read a report instead of a cluster\: a file or a directory; needs no kubeconfig]:PATH:_files' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'(--from-report)--follow[Follow an acknowledgement that was made to its end]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster; the only one of the namespace when left out:_default' \
&& ret=0
;;
(ack)
_arguments "${_arguments_options[@]}" : \
'--nonce=[Acknowledge exactly this event\: consent of a script]:NONCE:_default' \
'*--accept=[Accept a hazard of the plan by its code, for scripts; repeatable]:CODE:_default' \
'--reason=[Why\: kept on the cluster]:TEXT:_default' \
'--dry-run=[Show the plan and write nothing\: client, or server for the API server'\''s word too]::MODE:((client\:"Only the plan"
server\:"The plan, and the API server'\''s word on the object"))' \
'-o+[Write the plan (with --dry-run) or the outcome\: text, json or yaml]:FORMAT:((text\:"For people"
json\:"JSON"
yaml\:"YAML"))' \
'--output=[Write the plan (with --dry-run) or the outcome\: text, json or yaml]:FORMAT:((text\:"For people"
json\:"JSON"
yaml\:"YAML"))' \
'--follow=[Follow the rollback'\''s Job and the clean-up to their end (default on a terminal)]::BOOL:(true false)' \
'--timeout=[Leave after this long with exit code 9 (default without --follow\: 1m)]:DURATION:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--show-kubectl[Also show the equivalent kubectl command]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster; the only one of the namespace when left out:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__breakglass__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-breakglass-help-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(ack)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(drill)
_arguments "${_arguments_options[@]}" : \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_kubectl-openbao__subcmd__drill_commands" \
"*::: :->drill" \
&& ret=0

    case $state in
    (drill)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-drill-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(run)
_arguments "${_arguments_options[@]}" : \
'--operator=[The generation of the operator\: jan, 0.4, 0.5 or next]:GEN:_default' \
'--pace=[How fast the range lives; 1 is the real operator'\''s pace]:FACTOR:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':scenario -- The scenario'\''s name (see `drill list`):_default' \
&& ret=0
;;
(serve)
_arguments "${_arguments_options[@]}" : \
'--operator=[The generation of the operator\: jan, 0.4, 0.5 or next]:GEN:_default' \
'--pace=[How fast the range lives; 1 is the real operator'\''s pace]:FACTOR:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':scenario -- The scenario'\''s name (see `drill list`):_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__drill__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-drill-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(run)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(serve)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(follow)
_arguments "${_arguments_options[@]}" : \
'--timeout=[Leave after this long with exit code 9, such as 30m]:DURATION:_default' \
'--settle=[How long the servers must look well after the restore before it is called so]:DURATION:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-probe[Do not ask the servers directly (by port-forward) when verifying]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The restore, or job/NAME:_default' \
&& ret=0
;;
(resolve)
_arguments "${_arguments_options[@]}" : \
'--path=[Which way out\: retry the rollback, stay-green, or restore a snapshot]:PATH:((retry\:"Acknowledge\: the operator tries the rollback again"
stay-green\:"Green'\''s version and an acknowledgement, where that is not destructive"
restore\:"Freeze automation, then restore a snapshot"))' \
'--key=[The snapshot to restore\: full path of the object in the bucket]:KEY:_default' \
'--delete-claims-of=[Delete the data volumes of this revision first; never the live side'\''s]:REVISION:_default' \
'--freeze=[Freeze by a pause alone, or stop the operator too while volumes are deleted]:HOW:((pause\:"spec.paused"
operator\:"spec.paused, and the operator'\''s Deployment at 0"))' \
'--reason=[Why\: kept on the objects; required for a restore]:TEXT:_default' \
'--dry-run=[Show the plan and write nothing\: client, or server for the API server'\''s word too]::MODE:((client\:"Only the plan"
server\:"The plan, and the API server'\''s word on the object"))' \
'*--confirm=[A phrase the plan asks for, for scripts; repeatable]:PHRASE:_default' \
'*--accept=[Accept a hazard of the plan by its code; repeatable]:CODE:_default' \
'--nonce=[With retry\: acknowledge only this break glass, for scripts]:NONCE:_default' \
'-o+[Write the plan (with --dry-run) or the outcome as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--output=[Write the plan (with --dry-run) or the outcome as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--timeout=[Leave after this long with exit code 9; the same command goes on]:DURATION:_default' \
'--settle=[How long the servers must look well after the restore before it is called so]:DURATION:_default' \
'--provider=[Object store\: s3, gcs or azure]:NAME:_default' \
'--endpoint=[URL of the object store]:URL:_default' \
'--bucket=[Bucket or container]:NAME:_default' \
'--region=[Region]:NAME:_default' \
'--path-style=[Path-style addressing]::BOOL:(true false)' \
'--credentials-secret=[Secret with the store'\''s credentials]:NAME:_default' \
'--role-arn=[S3 web identity role]:ARN:_default' \
'--gcs-project=[GCS project]:NAME:_default' \
'--azure-account=[Azure storage account]:NAME:_default' \
'--azure-container=[Azure container]:NAME:_default' \
'--credentials=[Whose credentials look into the bucket\: the cluster'\''s Secret or your own environment]:FROM:((secret\:"The Secret the restore will use\: what the executor will be let into"
env\:"The person'\''s own environment, as the tools of the store'\''s provider find it (variables, profiles, sign-ins)"))' \
'--jwt-role=[JWT role the executor logs in with]:NAME:_default' \
'--token-secret=[Secret with a token the executor logs in with]:NAME:_default' \
'--image=[Executor image]:IMAGE:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'(--path --key --delete-claims-of --freeze)--abort[Give an interrupted resolution up\: replicas and pause go back to what they were]' \
'--show-kubectl[Also show the equivalent kubectl command of each write]' \
'--no-probe[Do not ask the servers directly (by port-forward) when verifying]' \
'--insecure-skip-verify[Do not verify the store'\''s certificate]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster; the only one of the namespace when left out:_default' \
&& ret=0
;;
(recover)
_arguments "${_arguments_options[@]}" : \
'--reason=[Why\: kept on the object]:TEXT:_default' \
'--dry-run=[Show the plan and write nothing\: client, or server for the API server'\''s word too]::MODE:((client\:"Only the plan"
server\:"The plan, and the API server'\''s word on the object"))' \
'--confirm=[The phrase the plan asks for, for scripts]:PHRASE:_default' \
'*--accept=[Accept a hazard of the plan by its code, for scripts; repeatable]:CODE:_default' \
'-o+[Write the plan (with --dry-run) or the outcome as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--output=[Write the plan (with --dry-run) or the outcome as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--timeout=[Leave after this long with exit code 9; the operator goes on]:DURATION:_default' \
'--settle=[How long the servers must look well after the restore before it is called so]:DURATION:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--resume[It is well\: let the operator take over again]' \
'--abandon[It is not, or nobody can say\: let the operator let go]' \
'--show-kubectl[Also show the equivalent kubectl command]' \
'--no-probe[Do not ask the servers directly (by port-forward) when verifying]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':name -- The restore:_default' \
&& ret=0
;;
(logs)
_arguments "${_arguments_options[@]}" : \
'--job=[Which Job of the cluster, the newest of its kind\: restore, rollback, upgrade, backup or snapshot]:KIND:(restore rollback upgrade backup snapshot)' \
'--since=[Only lines of the last so long, such as 10m]:DURATION:_default' \
'--tail=[Only the last so many lines of each attempt]:LINES:_default' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'-f[Go on until the Job has ended]' \
'--follow[Go on until the Job has ended]' \
'--timestamps[Begin each line with its time]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster, the restore, or job/NAME:_default' \
&& ret=0
;;
(snapshots)
_arguments "${_arguments_options[@]}" : \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_kubectl-openbao__subcmd__snapshots_commands" \
"*::: :->snapshots" \
&& ret=0

    case $state in
    (snapshots)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-snapshots-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'(--all)--limit=[The most snapshots to show]:NUMBER:_default' \
'-o+[Output format]:FORMAT:(table json yaml name)' \
'--output=[Output format]:FORMAT:(table json yaml name)' \
'--provider=[Object store\: s3, gcs or azure]:NAME:_default' \
'--endpoint=[URL of the object store]:URL:_default' \
'--bucket=[Bucket or container]:NAME:_default' \
'--region=[Region]:NAME:_default' \
'--path-style=[Path-style addressing]::BOOL:(true false)' \
'--credentials-secret=[Secret with the store'\''s credentials]:NAME:_default' \
'--role-arn=[S3 web identity role]:ARN:_default' \
'--gcs-project=[GCS project]:NAME:_default' \
'--azure-account=[Azure storage account]:NAME:_default' \
'--azure-container=[Azure container]:NAME:_default' \
'--credentials=[Whose credentials look into the bucket\: the cluster'\''s Secret or your own environment]:FROM:((secret\:"The Secret the restore will use\: what the executor will be let into"
env\:"The person'\''s own environment, as the tools of the store'\''s provider find it (variables, profiles, sign-ins)"))' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--all[Show all of them]' \
'--insecure-skip-verify[Do not verify the store'\''s certificate]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::name -- The cluster; the only one of the namespace when left out:_default' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'-o+[Write the result as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--output=[Write the result as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--provider=[Object store\: s3, gcs or azure]:NAME:_default' \
'--endpoint=[URL of the object store]:URL:_default' \
'--bucket=[Bucket or container]:NAME:_default' \
'--region=[Region]:NAME:_default' \
'--path-style=[Path-style addressing]::BOOL:(true false)' \
'--credentials-secret=[Secret with the store'\''s credentials]:NAME:_default' \
'--role-arn=[S3 web identity role]:ARN:_default' \
'--gcs-project=[GCS project]:NAME:_default' \
'--azure-account=[Azure storage account]:NAME:_default' \
'--azure-container=[Azure container]:NAME:_default' \
'--credentials=[Whose credentials look into the bucket\: the cluster'\''s Secret or your own environment]:FROM:((secret\:"The Secret the restore will use\: what the executor will be let into"
env\:"The person'\''s own environment, as the tools of the store'\''s provider find it (variables, profiles, sign-ins)"))' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--insecure-skip-verify[Do not verify the store'\''s certificate]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::what -- The cluster and the key of a snapshot in its bucket; or a file, or - for standard input, for the facts alone:_default' \
&& ret=0
;;
(verify)
_arguments "${_arguments_options[@]}" : \
'-o+[Write the result as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--output=[Write the result as a document]:FORMAT:((json\:"JSON"
yaml\:"YAML"))' \
'--provider=[Object store\: s3, gcs or azure]:NAME:_default' \
'--endpoint=[URL of the object store]:URL:_default' \
'--bucket=[Bucket or container]:NAME:_default' \
'--region=[Region]:NAME:_default' \
'--path-style=[Path-style addressing]::BOOL:(true false)' \
'--credentials-secret=[Secret with the store'\''s credentials]:NAME:_default' \
'--role-arn=[S3 web identity role]:ARN:_default' \
'--gcs-project=[GCS project]:NAME:_default' \
'--azure-account=[Azure storage account]:NAME:_default' \
'--azure-container=[Azure container]:NAME:_default' \
'--credentials=[Whose credentials look into the bucket\: the cluster'\''s Secret or your own environment]:FROM:((secret\:"The Secret the restore will use\: what the executor will be let into"
env\:"The person'\''s own environment, as the tools of the store'\''s provider find it (variables, profiles, sign-ins)"))' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--insecure-skip-verify[Do not verify the store'\''s certificate]' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::what -- The cluster and the key of a snapshot in its bucket; or a file, or - for standard input:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__snapshots__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-snapshots-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(completion)
_arguments "${_arguments_options[@]}" : \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(version)
_arguments "${_arguments_options[@]}" : \
'-o+[Output format]:FORMAT:(json)' \
'--output=[Output format]:FORMAT:(json)' \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(__complete)
_arguments "${_arguments_options[@]}" : \
'--kubeconfig=[The kubeconfig file to use instead of \$KUBECONFIG]:FILE:_files' \
'--context=[The kubeconfig context to use]:NAME:_default' \
'--cluster=[The kubeconfig cluster to use]:NAME:_default' \
'--user=[The kubeconfig user to use]:NAME:_default' \
'-n+[The namespace to work in]:NAMESPACE:_default' \
'--namespace=[The namespace to work in]:NAMESPACE:_default' \
'-s+[The address of the API server]:URL:_default' \
'--server=[The address of the API server]:URL:_default' \
'--token=[The bearer token to authenticate with]:TOKEN:_default' \
'--as=[The user name to impersonate]:USER:_default' \
'*--as-group=[A group to impersonate; repeatable]:GROUP:_default' \
'--as-uid=[The uid to impersonate]:UID:_default' \
'*--as-user-extra=[An extra attribute to impersonate; repeatable]:KEY=VALUE:_default' \
'--certificate-authority=[The certificate authority to verify the server with]:FILE:_files' \
'--client-certificate=[The client certificate to authenticate with]:FILE:_files' \
'--client-key=[The key of the client certificate]:FILE:_files' \
'--insecure-skip-tls-verify=[Do not verify the server'\''s certificate (insecure)]::BOOL:(true false)' \
'--tls-server-name=[The name expected in the server'\''s certificate]:NAME:_default' \
'--request-timeout=[How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)]:DURATION:_default' \
'--disable-compression=[Accepted for kubectl'\''s sake]::DISABLE_COMPRESSION:(true false)' \
'--username=[Not supported]:NAME:_default' \
'--password=[Not supported]:PASSWORD:_default' \
'--deadline=[How long one source may take to answer, such as 5s]:DURATION:_default' \
'--color=[Colour\: auto, always or never]:WHEN:((auto\:"When the stream is a terminal and neither \`NO_COLOR\` nor \`TERM=dumb\` speaks against it"
always\:"Always"
never\:"Never"))' \
'-v+[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--v=[Say more\: 6 and above name every request, never bodies or credentials]:LEVEL:_default' \
'--no-headers[Leave out the header line of tables]' \
'-q[Say only what must be said]' \
'--quiet[Say only what must be said]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::words:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-help-command-$line[1]:"
        case $line[1] in
            (status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(diagnose)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(restore)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(breakglass)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__help__subcmd__breakglass_commands" \
"*::: :->breakglass" \
&& ret=0

    case $state in
    (breakglass)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-help-breakglass-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(ack)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(drill)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__help__subcmd__drill_commands" \
"*::: :->drill" \
&& ret=0

    case $state in
    (drill)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-help-drill-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(run)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(serve)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(follow)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(resolve)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(recover)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(logs)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(snapshots)
_arguments "${_arguments_options[@]}" : \
":: :_kubectl-openbao__subcmd__help__subcmd__snapshots_commands" \
"*::: :->snapshots" \
&& ret=0

    case $state in
    (snapshots)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:kubectl-openbao-help-snapshots-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(completion)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(version)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(__complete)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_kubectl-openbao_commands] )) ||
_kubectl-openbao_commands() {
    local commands; commands=(
'status:Show clusters, worst first\: break glass, lock, seal, leader, restores' \
'diagnose:Find out what happened and why, and say what each way out really does' \
'restore:Restore a cluster from a snapshot, past a stuck lock if need be' \
'breakglass:Show break glass and what an acknowledgement will do, or acknowledge it' \
'drill:Practise on an embedded range\: no cluster needed, nothing installed' \
'follow:Follow a running restore or Job to its end' \
'resolve:Carry out one way out of a failed rollback, step by step' \
'recover:Settle a restore whose outcome is Unknown' \
'logs:Print the log of an executor'\''s Job\: restore, rollback, upgrade, backup, snapshot' \
'snapshots:Find and verify snapshots before the cluster is overwritten with one' \
'completion:Print the completion script of a shell' \
'version:Print the version' \
'__complete:Candidates for kubectl'\''s completion protocol' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd____complete_commands] )) ||
_kubectl-openbao__subcmd____complete_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao __complete commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass_commands] )) ||
_kubectl-openbao__subcmd__breakglass_commands() {
    local commands; commands=(
'show:Show it\: reason, nonce, the operator'\''s steps, what an acknowledgement would do' \
'ack:Acknowledge it, so that the operator tries the rollback again' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao breakglass commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass__subcmd__ack_commands] )) ||
_kubectl-openbao__subcmd__breakglass__subcmd__ack_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao breakglass ack commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__breakglass__subcmd__help_commands() {
    local commands; commands=(
'show:Show it\: reason, nonce, the operator'\''s steps, what an acknowledgement would do' \
'ack:Acknowledge it, so that the operator tries the rollback again' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao breakglass help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass__subcmd__help__subcmd__ack_commands] )) ||
_kubectl-openbao__subcmd__breakglass__subcmd__help__subcmd__ack_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao breakglass help ack commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass__subcmd__help__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__breakglass__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao breakglass help help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass__subcmd__help__subcmd__show_commands] )) ||
_kubectl-openbao__subcmd__breakglass__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao breakglass help show commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__breakglass__subcmd__show_commands] )) ||
_kubectl-openbao__subcmd__breakglass__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao breakglass show commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__completion_commands] )) ||
_kubectl-openbao__subcmd__completion_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao completion commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__diagnose_commands] )) ||
_kubectl-openbao__subcmd__diagnose_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao diagnose commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill_commands] )) ||
_kubectl-openbao__subcmd__drill_commands() {
    local commands; commands=(
'list:List the scenarios' \
'run:Play a scenario with the real commands, narrated and unattended. Ends with the restore'\''s own exit code' \
'serve:Set a scenario up and keep it running until Ctrl-C' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao drill commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__help_commands() {
    local commands; commands=(
'list:List the scenarios' \
'run:Play a scenario with the real commands, narrated and unattended. Ends with the restore'\''s own exit code' \
'serve:Set a scenario up and keep it running until Ctrl-C' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao drill help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill help help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__list_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill help list commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__run_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill help run commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__serve_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__help__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill help serve commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__list_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill list commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__run_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill run commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__drill__subcmd__serve_commands] )) ||
_kubectl-openbao__subcmd__drill__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao drill serve commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__follow_commands] )) ||
_kubectl-openbao__subcmd__follow_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao follow commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__help_commands() {
    local commands; commands=(
'status:Show clusters, worst first\: break glass, lock, seal, leader, restores' \
'diagnose:Find out what happened and why, and say what each way out really does' \
'restore:Restore a cluster from a snapshot, past a stuck lock if need be' \
'breakglass:Show break glass and what an acknowledgement will do, or acknowledge it' \
'drill:Practise on an embedded range\: no cluster needed, nothing installed' \
'follow:Follow a running restore or Job to its end' \
'resolve:Carry out one way out of a failed rollback, step by step' \
'recover:Settle a restore whose outcome is Unknown' \
'logs:Print the log of an executor'\''s Job\: restore, rollback, upgrade, backup, snapshot' \
'snapshots:Find and verify snapshots before the cluster is overwritten with one' \
'completion:Print the completion script of a shell' \
'version:Print the version' \
'__complete:Candidates for kubectl'\''s completion protocol' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd____complete_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd____complete_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help __complete commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__breakglass_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__breakglass_commands() {
    local commands; commands=(
'show:Show it\: reason, nonce, the operator'\''s steps, what an acknowledgement would do' \
'ack:Acknowledge it, so that the operator tries the rollback again' \
    )
    _describe -t commands 'kubectl-openbao help breakglass commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__breakglass__subcmd__ack_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__breakglass__subcmd__ack_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help breakglass ack commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__breakglass__subcmd__show_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__breakglass__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help breakglass show commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__completion_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__completion_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help completion commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__diagnose_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__diagnose_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help diagnose commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__drill_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__drill_commands() {
    local commands; commands=(
'list:List the scenarios' \
'run:Play a scenario with the real commands, narrated and unattended. Ends with the restore'\''s own exit code' \
'serve:Set a scenario up and keep it running until Ctrl-C' \
    )
    _describe -t commands 'kubectl-openbao help drill commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__drill__subcmd__list_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__drill__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help drill list commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__drill__subcmd__run_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__drill__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help drill run commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__drill__subcmd__serve_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__drill__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help drill serve commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__follow_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__follow_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help follow commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__logs_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__logs_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help logs commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__recover_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__recover_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help recover commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__resolve_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__resolve_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help resolve commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__restore_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__restore_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help restore commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__snapshots_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__snapshots_commands() {
    local commands; commands=(
'list:List the snapshots in a cluster'\''s bucket, newest first' \
'show:Show what a snapshot tells of itself in its first bytes, against the cluster' \
'verify:Read a snapshot to its last byte, and check what the server checks and what it finds out only too late' \
    )
    _describe -t commands 'kubectl-openbao help snapshots commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__snapshots__subcmd__list_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__snapshots__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help snapshots list commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__snapshots__subcmd__show_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__snapshots__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help snapshots show commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__snapshots__subcmd__verify_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__snapshots__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help snapshots verify commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__status_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help status commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__help__subcmd__version_commands] )) ||
_kubectl-openbao__subcmd__help__subcmd__version_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao help version commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__logs_commands] )) ||
_kubectl-openbao__subcmd__logs_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao logs commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__recover_commands] )) ||
_kubectl-openbao__subcmd__recover_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao recover commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__resolve_commands] )) ||
_kubectl-openbao__subcmd__resolve_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao resolve commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__restore_commands] )) ||
_kubectl-openbao__subcmd__restore_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao restore commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots_commands] )) ||
_kubectl-openbao__subcmd__snapshots_commands() {
    local commands; commands=(
'list:List the snapshots in a cluster'\''s bucket, newest first' \
'show:Show what a snapshot tells of itself in its first bytes, against the cluster' \
'verify:Read a snapshot to its last byte, and check what the server checks and what it finds out only too late' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao snapshots commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__help_commands() {
    local commands; commands=(
'list:List the snapshots in a cluster'\''s bucket, newest first' \
'show:Show what a snapshot tells of itself in its first bytes, against the cluster' \
'verify:Read a snapshot to its last byte, and check what the server checks and what it finds out only too late' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'kubectl-openbao snapshots help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__help_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots help help commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__list_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots help list commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__show_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots help show commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__verify_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__help__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots help verify commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__list_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots list commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__show_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots show commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__snapshots__subcmd__verify_commands] )) ||
_kubectl-openbao__subcmd__snapshots__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao snapshots verify commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__status_commands] )) ||
_kubectl-openbao__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao status commands' commands "$@"
}
(( $+functions[_kubectl-openbao__subcmd__version_commands] )) ||
_kubectl-openbao__subcmd__version_commands() {
    local commands; commands=()
    _describe -t commands 'kubectl-openbao version commands' commands "$@"
}

if [ "$funcstack[1]" = "_kubectl-openbao" ]; then
    _kubectl-openbao "$@"
else
    compdef _kubectl-openbao kubectl-openbao
fi
