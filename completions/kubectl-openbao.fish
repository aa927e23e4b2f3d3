# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_openbao_global_optspecs
    string join \n kubeconfig= context= cluster= user= n/namespace= s/server= token= as= as-group= as-uid= as-user-extra= certificate-authority= client-certificate= client-key= insecure-skip-tls-verify= tls-server-name= request-timeout= disable-compression= username= password= deadline= color= no-headers q/quiet v/v= h/help
end

function __fish_kubectl_openbao_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_openbao_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_openbao_using_subcommand
    set -l cmd (__fish_kubectl_openbao_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "status" -d 'Show clusters, worst first: break glass, lock, seal, leader, restores'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "diagnose" -d 'Find out what happened and why, and say what each way out really does'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "restore" -d 'Restore a cluster from a snapshot, past a stuck lock if need be'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "breakglass" -d 'Show break glass and what an acknowledgement will do, or acknowledge it'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "drill" -d 'Practise on an embedded range: no cluster needed, nothing installed'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "follow" -d 'Follow a running restore or Job to its end'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "resolve" -d 'Carry out one way out of a failed rollback, step by step'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "recover" -d 'Settle a restore whose outcome is Unknown'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "logs" -d 'Print the log of an executor\'s Job: restore, rollback, upgrade, backup, snapshot'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "snapshots" -d 'Find and verify snapshots before the cluster is overwritten with one'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "completion" -d 'Print the completion script of a shell'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "version" -d 'Print the version'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "__complete" -d 'Candidates for kubectl\'s completion protocol'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s l -l selector -d 'Only clusters with these labels' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s o -l output -d 'Output format' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l from-report -d 'Read a report instead of a cluster: a file or a directory; needs no kubeconfig' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s w -l watch -d 'Look again every two seconds'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l no-probe -d 'Do not ask the servers of CLUSTER directly (by port-forward)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l exit-code -d 'Exit with 3 when something needs attention'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''
yaml\t''
markdown\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l from-report -d 'Read a report instead of a cluster: a file or a directory; needs no kubeconfig' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l no-probe -d 'Do not ask the servers directly (by port-forward)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l key -d 'The snapshot: full path of the object in the bucket' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l before -d 'The newest snapshot not younger than this, such as 2026-11-21T00:41:19Z' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l verify -d 'How far the snapshot is looked into first: none, head (its first 16 KiB) or full. When left out: full up to the size of --verify-limit, else head' -r -f -a "none\t'Not at all: only whether it is there'
head\t'Its first 16 KiB'
full\t'To its last byte'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l verify-limit -d 'Up to which size the snapshot is read to its last byte when --verify is left out, such as 500M or 2Gi (default: 64M)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l from-file -d 'Take target, key and options from a manifest (- for stdin)' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l reason -d 'Why: kept on the object; required with --override-lock' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l dry-run -d 'Show the plan and write nothing: client, or server for the API server\'s word too' -r -f -a "client\t'Only the plan'
server\t'The plan, and the API server\'s word on the object'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l from-report -d 'Read a report instead of a cluster: a file or a directory; needs no kubeconfig' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l confirm -d 'The phrase the plan asks for, for scripts' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l accept -d 'Accept a hazard of the plan by its code, for scripts; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s o -l output -d 'Write the plan (with --dry-run) or the outcome as a document' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l timeout -d 'Leave after this long with exit code 9, such as 30m; the restore goes on' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l settle -d 'How long the servers must look well after the restore before it is called so' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l provider -d 'Object store: s3, gcs or azure' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l endpoint -d 'URL of the object store' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l bucket -d 'Bucket or container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l region -d 'Region' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l path-style -d 'Path-style addressing' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l credentials-secret -d 'Secret with the store\'s credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l role-arn -d 'S3 web identity role' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l gcs-project -d 'GCS project' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l azure-account -d 'Azure storage account' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l azure-container -d 'Azure container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l credentials -d 'Whose credentials look into the bucket: the cluster\'s Secret or your own environment' -r -f -a "secret\t'The Secret the restore will use: what the executor will be let into'
env\t'The person\'s own environment, as the tools of the store\'s provider find it (variables, profiles, sign-ins)'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l jwt-role -d 'JWT role the executor logs in with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l token-secret -d 'Secret with a token the executor logs in with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l image -d 'Executor image' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l restore-name -d 'Name of the object to create (default: made up, unique)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l latest -d 'The newest snapshot in the bucket, by the times in the keys'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l override-lock -d 'Clear the lock of an upgrade or backup (implies --force)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l force -d 'Restore although the cluster looks unhealthy or is upgrading'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l show-kubectl -d 'Also show the equivalent kubectl command'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l no-follow -d 'Return once the restore is created'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l no-probe -d 'Do not ask the servers directly (by port-forward) when verifying'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l insecure-skip-verify -d 'Do not verify the store\'s certificate'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l timeout -d 'Leave after this long with exit code 9, such as 30m' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -s o -l output -d 'text, json or yaml' -r -f -a "text\t'For people'
json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l from-report -d 'Read a report instead of a cluster: a file or a directory; needs no kubeconfig' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l follow -d 'Follow an acknowledgement that was made to its end'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -a "show" -d 'Show it: reason, nonce, the operator\'s steps, what an acknowledgement would do'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -a "ack" -d 'Acknowledge it, so that the operator tries the rollback again'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and not __fish_seen_subcommand_from show ack help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l timeout -d 'Leave after this long with exit code 9, such as 30m' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -s o -l output -d 'text, json or yaml' -r -f -a "text\t'For people'
json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l from-report -d 'Read a report instead of a cluster: a file or a directory; needs no kubeconfig' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l follow -d 'Follow an acknowledgement that was made to its end'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l nonce -d 'Acknowledge exactly this event: consent of a script' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l accept -d 'Accept a hazard of the plan by its code, for scripts; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l reason -d 'Why: kept on the cluster' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l dry-run -d 'Show the plan and write nothing: client, or server for the API server\'s word too' -r -f -a "client\t'Only the plan'
server\t'The plan, and the API server\'s word on the object'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -s o -l output -d 'Write the plan (with --dry-run) or the outcome: text, json or yaml' -r -f -a "text\t'For people'
json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l follow -d 'Follow the rollback\'s Job and the clean-up to their end (default on a terminal)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l timeout -d 'Leave after this long with exit code 9 (default without --follow: 1m)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l show-kubectl -d 'Also show the equivalent kubectl command'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from ack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show it: reason, nonce, the operator\'s steps, what an acknowledgement would do'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from help" -f -a "ack" -d 'Acknowledge it, so that the operator tries the rollback again'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand breakglass; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -f -a "list" -d 'List the scenarios'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -f -a "run" -d 'Play a scenario with the real commands, narrated and unattended. Ends with the restore\'s own exit code'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -f -a "serve" -d 'Set a scenario up and keep it running until Ctrl-C'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and not __fish_seen_subcommand_from list run serve help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l operator -d 'The generation of the operator: jan, 0.4, 0.5 or next' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l pace -d 'How fast the range lives; 1 is the real operator\'s pace' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l operator -d 'The generation of the operator: jan, 0.4, 0.5 or next' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l pace -d 'How fast the range lives; 1 is the real operator\'s pace' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the scenarios'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from help" -f -a "run" -d 'Play a scenario with the real commands, narrated and unattended. Ends with the restore\'s own exit code'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Set a scenario up and keep it running until Ctrl-C'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand drill; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l timeout -d 'Leave after this long with exit code 9, such as 30m' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l settle -d 'How long the servers must look well after the restore before it is called so' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l no-probe -d 'Do not ask the servers directly (by port-forward) when verifying'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand follow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l path -d 'Which way out: retry the rollback, stay-green, or restore a snapshot' -r -f -a "retry\t'Acknowledge: the operator tries the rollback again'
stay-green\t'Green\'s version and an acknowledgement, where that is not destructive'
restore\t'Freeze automation, then restore a snapshot'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l key -d 'The snapshot to restore: full path of the object in the bucket' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l delete-claims-of -d 'Delete the data volumes of this revision first; never the live side\'s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l freeze -d 'Freeze by a pause alone, or stop the operator too while volumes are deleted' -r -f -a "pause\t'spec.paused'
operator\t'spec.paused, and the operator\'s Deployment at 0'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l reason -d 'Why: kept on the objects; required for a restore' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l dry-run -d 'Show the plan and write nothing: client, or server for the API server\'s word too' -r -f -a "client\t'Only the plan'
server\t'The plan, and the API server\'s word on the object'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l confirm -d 'A phrase the plan asks for, for scripts; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l accept -d 'Accept a hazard of the plan by its code; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l nonce -d 'With retry: acknowledge only this break glass, for scripts' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -s o -l output -d 'Write the plan (with --dry-run) or the outcome as a document' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l timeout -d 'Leave after this long with exit code 9; the same command goes on' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l settle -d 'How long the servers must look well after the restore before it is called so' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l provider -d 'Object store: s3, gcs or azure' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l endpoint -d 'URL of the object store' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l bucket -d 'Bucket or container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l region -d 'Region' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l path-style -d 'Path-style addressing' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l credentials-secret -d 'Secret with the store\'s credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l role-arn -d 'S3 web identity role' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l gcs-project -d 'GCS project' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l azure-account -d 'Azure storage account' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l azure-container -d 'Azure container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l credentials -d 'Whose credentials look into the bucket: the cluster\'s Secret or your own environment' -r -f -a "secret\t'The Secret the restore will use: what the executor will be let into'
env\t'The person\'s own environment, as the tools of the store\'s provider find it (variables, profiles, sign-ins)'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l jwt-role -d 'JWT role the executor logs in with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l token-secret -d 'Secret with a token the executor logs in with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l image -d 'Executor image' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l abort -d 'Give an interrupted resolution up: replicas and pause go back to what they were'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l show-kubectl -d 'Also show the equivalent kubectl command of each write'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l no-probe -d 'Do not ask the servers directly (by port-forward) when verifying'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l insecure-skip-verify -d 'Do not verify the store\'s certificate'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand resolve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l reason -d 'Why: kept on the object' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l dry-run -d 'Show the plan and write nothing: client, or server for the API server\'s word too' -r -f -a "client\t'Only the plan'
server\t'The plan, and the API server\'s word on the object'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l confirm -d 'The phrase the plan asks for, for scripts' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l accept -d 'Accept a hazard of the plan by its code, for scripts; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -s o -l output -d 'Write the plan (with --dry-run) or the outcome as a document' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l timeout -d 'Leave after this long with exit code 9; the operator goes on' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l settle -d 'How long the servers must look well after the restore before it is called so' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l resume -d 'It is well: let the operator take over again'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l abandon -d 'It is not, or nobody can say: let the operator let go'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l show-kubectl -d 'Also show the equivalent kubectl command'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l no-probe -d 'Do not ask the servers directly (by port-forward) when verifying'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand recover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l job -d 'Which Job of the cluster, the newest of its kind: restore, rollback, upgrade, backup or snapshot' -r -f -a "restore\t''
rollback\t''
upgrade\t''
backup\t''
snapshot\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l since -d 'Only lines of the last so long, such as 10m' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l tail -d 'Only the last so many lines of each attempt' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -s f -l follow -d 'Go on until the Job has ended'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l timestamps -d 'Begin each line with its time'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -f -a "list" -d 'List the snapshots in a cluster\'s bucket, newest first'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -f -a "show" -d 'Show what a snapshot tells of itself in its first bytes, against the cluster'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -f -a "verify" -d 'Read a snapshot to its last byte, and check what the server checks and what it finds out only too late'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and not __fish_seen_subcommand_from list show verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l limit -d 'The most snapshots to show' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l provider -d 'Object store: s3, gcs or azure' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l endpoint -d 'URL of the object store' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l bucket -d 'Bucket or container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l region -d 'Region' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l path-style -d 'Path-style addressing' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l credentials-secret -d 'Secret with the store\'s credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l role-arn -d 'S3 web identity role' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l gcs-project -d 'GCS project' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l azure-account -d 'Azure storage account' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l azure-container -d 'Azure container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l credentials -d 'Whose credentials look into the bucket: the cluster\'s Secret or your own environment' -r -f -a "secret\t'The Secret the restore will use: what the executor will be let into'
env\t'The person\'s own environment, as the tools of the store\'s provider find it (variables, profiles, sign-ins)'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l all -d 'Show all of them'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l insecure-skip-verify -d 'Do not verify the store\'s certificate'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -s o -l output -d 'Write the result as a document' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l provider -d 'Object store: s3, gcs or azure' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l endpoint -d 'URL of the object store' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l bucket -d 'Bucket or container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l region -d 'Region' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l path-style -d 'Path-style addressing' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l credentials-secret -d 'Secret with the store\'s credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l role-arn -d 'S3 web identity role' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l gcs-project -d 'GCS project' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l azure-account -d 'Azure storage account' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l azure-container -d 'Azure container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l credentials -d 'Whose credentials look into the bucket: the cluster\'s Secret or your own environment' -r -f -a "secret\t'The Secret the restore will use: what the executor will be let into'
env\t'The person\'s own environment, as the tools of the store\'s provider find it (variables, profiles, sign-ins)'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l insecure-skip-verify -d 'Do not verify the store\'s certificate'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -s o -l output -d 'Write the result as a document' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l provider -d 'Object store: s3, gcs or azure' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l endpoint -d 'URL of the object store' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l bucket -d 'Bucket or container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l region -d 'Region' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l path-style -d 'Path-style addressing' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l credentials-secret -d 'Secret with the store\'s credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l role-arn -d 'S3 web identity role' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l gcs-project -d 'GCS project' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l azure-account -d 'Azure storage account' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l azure-container -d 'Azure container' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l credentials -d 'Whose credentials look into the bucket: the cluster\'s Secret or your own environment' -r -f -a "secret\t'The Secret the restore will use: what the executor will be let into'
env\t'The person\'s own environment, as the tools of the store\'s provider find it (variables, profiles, sign-ins)'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l insecure-skip-verify -d 'Do not verify the store\'s certificate'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the snapshots in a cluster\'s bucket, newest first'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show what a snapshot tells of itself in its first bytes, against the cluster'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Read a snapshot to its last byte, and check what the server checks and what it finds out only too late'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s o -l output -d 'Output format' -r -f -a "json\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l kubeconfig -d 'The kubeconfig file to use instead of $KUBECONFIG' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -s n -l namespace -d 'The namespace to work in' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -s s -l server -d 'The address of the API server' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l token -d 'The bearer token to authenticate with' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l as -d 'The user name to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l as-group -d 'A group to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l as-uid -d 'The uid to impersonate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l as-user-extra -d 'An extra attribute to impersonate; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l certificate-authority -d 'The certificate authority to verify the server with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l client-certificate -d 'The client certificate to authenticate with' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l client-key -d 'The key of the client certificate' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l insecure-skip-tls-verify -d 'Do not verify the server\'s certificate (insecure)' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l tls-server-name -d 'The name expected in the server\'s certificate' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l request-timeout -d 'How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l disable-compression -d 'Accepted for kubectl\'s sake' -r -f -a "true\t''
false\t''"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l username -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l password -d 'Not supported' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l deadline -d 'How long one source may take to answer, such as 5s' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t'When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it'
always\t'Always'
never\t'Never'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -s v -l v -d 'Say more: 6 and above name every request, never bodies or credentials' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "status" -d 'Show clusters, worst first: break glass, lock, seal, leader, restores'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "diagnose" -d 'Find out what happened and why, and say what each way out really does'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "restore" -d 'Restore a cluster from a snapshot, past a stuck lock if need be'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "breakglass" -d 'Show break glass and what an acknowledgement will do, or acknowledge it'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "drill" -d 'Practise on an embedded range: no cluster needed, nothing installed'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "follow" -d 'Follow a running restore or Job to its end'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "resolve" -d 'Carry out one way out of a failed rollback, step by step'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "recover" -d 'Settle a restore whose outcome is Unknown'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "logs" -d 'Print the log of an executor\'s Job: restore, rollback, upgrade, backup, snapshot'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "snapshots" -d 'Find and verify snapshots before the cluster is overwritten with one'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "completion" -d 'Print the completion script of a shell'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "version" -d 'Print the version'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "__complete" -d 'Candidates for kubectl\'s completion protocol'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status diagnose restore breakglass drill follow resolve recover logs snapshots completion version __complete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from breakglass" -f -a "show" -d 'Show it: reason, nonce, the operator\'s steps, what an acknowledgement would do'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from breakglass" -f -a "ack" -d 'Acknowledge it, so that the operator tries the rollback again'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from drill" -f -a "list" -d 'List the scenarios'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from drill" -f -a "run" -d 'Play a scenario with the real commands, narrated and unattended. Ends with the restore\'s own exit code'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from drill" -f -a "serve" -d 'Set a scenario up and keep it running until Ctrl-C'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "list" -d 'List the snapshots in a cluster\'s bucket, newest first'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "show" -d 'Show what a snapshot tells of itself in its first bytes, against the cluster'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "verify" -d 'Read a snapshot to its last byte, and check what the server checks and what it finds out only too late'
