#include "completion/scripts.h"

namespace snapgate::cli {

std::string_view bash_completion() {
    return R"sh(# Completion of snapgate for bash. To use it, put this into ~/.bashrc:
#   source <(snapgate completion bash)
_snapgate() {
    local line=${COMP_LINE:0:COMP_POINT} kind word cut='' current
    local -a words=() answer=()
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=('')
    current=${words[-1]}
    # Bash splits words at these characters, too, and replaces only what stands after the last one.
    [[ $current == *[=:]* ]] && cut=${current%"${current##*[=:]}"}
    mapfile -t answer < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    kind=${answer[0]-}
    COMPREPLY=()
    for word in "${answer[@]:1}"; do
        word=${word%%$'\t'*}
        [[ $word == *[=,] ]] && compopt -o nospace
        word=${word#"$cut"}
        # A name of the server's is text, whatever it means to the shell.
        [[ $word == *[!A-Za-z0-9_.,:=/@%+-]* ]] && printf -v word %q "$word"
        COMPREPLY+=("$word")
    done
    case $kind in
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
    esac
}
complete -F _snapgate snapgate
)sh";
}

std::string_view zsh_completion() {
    return R"sh(#compdef snapgate
# Completion of snapgate for zsh. To use it, put this into ~/.zshrc, after compinit:
#   source <(snapgate completion zsh)
_snapgate() {
    local -a answer values open
    local line word help kind
    answer=("${(@f)$("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    kind=${answer[1]}
    for line in "${(@)answer[2,-1]}"; do
        word=${line%%$'\t'*}
        help=${line#*$'\t'}
        if [[ $word == *= ]]; then
            open+=("$word")
        else
            values+=("${word//:/\\:}${help:+:$help}")
        fi
    done
    case $kind in
        files) _files ;;
        folders) _files -/ ;;
    esac
    (( ${#open} )) && compadd -S '' -- "${open[@]}"
    (( ${#values} )) && _describe 'snapgate' values
}
if [[ ${funcstack[1]} == _snapgate ]]; then
    _snapgate "$@"
else
    compdef _snapgate snapgate
fi
)sh";
}

}  // namespace snapgate::cli
