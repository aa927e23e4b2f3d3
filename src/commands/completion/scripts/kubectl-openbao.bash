# Completion of kubectl-openbao in bash 3.2 and newer. Made by: kubectl openbao completion bash

_kubectl_openbao() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word text i
    # bash takes words apart at = and : (COMP_WORDBREAKS); they are put together again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        text=${line#"${line%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$text
        if ((${#words[@]} == 0)) || [[ $text != "$line" || -z $word ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        line=${text#"$word"}
    done
    word=${words[${#words[@]} - 1]}

    local answers=() directive=:0
    while IFS= read -r text; do
        case $text in
        :[0-9]*) directive=$text ;;
        ?*) answers+=("${text%%$'\t'*}") ;;
        esac
    done < <("${words[0]/#\~/$HOME}" __complete -- "${words[@]:1}" 2>/dev/null </dev/null)

    # What bash replaces is only what stands behind the last = or :.
    [[ $word == -*=* ]] && word=${word#*=}
    local ahead=
    [[ $COMP_WORDBREAKS == *:* ]] && ahead=${word%"${word##*:}"}
    COMPREPLY=()
    for text in "${answers[@]}"; do
        COMPREPLY+=("${text#"$ahead"}")
    done
    if ((${#COMPREPLY[@]} == 0)) && [[ $directive == :0 ]]; then
        compopt -o default 2>/dev/null
    fi
}

complete -F _kubectl_openbao kubectl-openbao
