#compdef kubectl-openbao
# Completion of kubectl-openbao in zsh. Made by: kubectl openbao completion zsh

_kubectl-openbao() {
    local -a typed lines candidates
    local line directive=:0
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    lines=("${(@f)$("${(Q)words[1]}" __complete -- "${typed[@]}" 2>/dev/null </dev/null)}")
    for line in $lines; do
        if [[ $line == :<-> ]]; then
            directive=$line
        elif [[ $line == *$'\t'* ]]; then
            candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            candidates+=("${line//:/\\:}")
        fi
    done
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    if (( ${#candidates} )); then
        _describe -V 'kubectl openbao' candidates
    elif [[ $directive == :0 ]]; then
        _files
    fi
}

if [[ ${funcstack[1]} == _kubectl-openbao ]]; then
    _kubectl-openbao "$@"
else
    compdef _kubectl-openbao kubectl-openbao
fi
