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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_needs_command" -f -a "restore" -d 'Restore a cluster from a snapshot, past a stuck lock if need be'
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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l exit-code -d 'Exit with 3 when something needs attention'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand status" -s h -l help -d 'Print help'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l key -d 'The snapshot: full path of the object in the bucket' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l from-file -d 'Take target, key and options from a manifest (- for stdin)' -r -F
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l reason -d 'Why: kept on the object; required with --override-lock' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l dry-run -d 'Show the plan and write nothing: client, or server for the API server\'s word too' -r -f -a "client\t'Only the plan'
server\t'The plan, and the API server\'s word on the object'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l confirm -d 'The phrase the plan asks for, for scripts' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l accept -d 'Accept a hazard of the plan by its code, for scripts; repeatable' -r
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s o -l output -d 'Write the plan (with --dry-run) or the outcome as a document' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l timeout -d 'How long to follow and verify, such as 30m' -r
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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l credentials -d 'Whose credentials look at the object beforehand: the cluster\'s Secret or your own environment' -r -f -a "secret\t'The Secret the restore will use: what the executor will be let into'
env\t'The person\'s own environment (`AWS_…` variables, profiles)'"
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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l override-lock -d 'Clear the lock of an upgrade or backup (implies --force)'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l force -d 'Restore although the cluster looks unhealthy or is upgrading'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l show-kubectl -d 'Also show the equivalent kubectl command'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l no-follow -d 'Return once the restore is created'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l no-probe -d 'Do not ask the servers directly (by port-forward) when verifying'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l insecure-skip-verify -d 'Do not verify the store\'s certificate'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -l no-headers -d 'Leave out the header line of tables'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s q -l quiet -d 'Say only what must be said'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand completion" -s h -l help -d 'Print help'
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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand version" -s h -l help -d 'Print help'
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
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand __complete" -s h -l help -d 'Print help'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status restore completion version __complete help" -f -a "status" -d 'Show clusters, worst first: break glass, lock, seal, leader, restores'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status restore completion version __complete help" -f -a "restore" -d 'Restore a cluster from a snapshot, past a stuck lock if need be'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status restore completion version __complete help" -f -a "completion" -d 'Print the completion script of a shell'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status restore completion version __complete help" -f -a "version" -d 'Print the version'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status restore completion version __complete help" -f -a "__complete" -d 'Candidates for kubectl\'s completion protocol'
complete -c kubectl-openbao -n "__fish_kubectl_openbao_using_subcommand help; and not __fish_seen_subcommand_from status restore completion version __complete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
