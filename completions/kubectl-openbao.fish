# Completion of kubectl-openbao in fish. Made by: kubectl openbao completion fish

function __kubectl_openbao_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (command $words[1] __complete -- $words[2..-1] "$current" 2>/dev/null </dev/null)
    set -l directive $lines[-1]
    set -l ahead (string match -r -- '^-[^=]*=' "$current")
    for line in $lines
        if not string match -qr -- '^:[0-9]+$' $line
            echo "$ahead$line"
        end
    end
    if test (count $lines) -le 1 -a "$directive" = :0
        __fish_complete_path "$current"
    end
end

complete -c kubectl-openbao -f -k -a '(__kubectl_openbao_complete)'
