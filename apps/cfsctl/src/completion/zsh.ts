import { TOOL_NAMES } from './shells.ts'

/** Completion for zsh: to be sourced behind `compinit`, or to be put into a directory of `fpath` as `_cfsctl`. */
export const zshScript = `#compdef cfsctl ${TOOL_NAMES.join(' ')}
# zsh completion for cfsctl, made by: cfsctl completion zsh

_cfsctl() {
  local ours=\${(Q)words[1]} line value description kind prefix
  local -a typed open closed
  [[ $ours == '~/'* ]] && ours=$HOME/\${ours#\\~/}
  case \${ours:t} in
    ${TOOL_NAMES.join('|')})
      typed=(\${ours:t})
      ours=cfsctl
      ;;
  esac
  (( $+commands[$ours] || $+functions[$ours] )) || [[ -x $ours ]] || ours=cfsctl
  (( CURRENT > 2 )) && typed+=("\${(@Q)words[2,CURRENT-1]}")
  typed+=("\${(Q)PREFIX}")

  for line in "\${(@f)$($ours __complete "\${(@)typed}" 2>/dev/null)}"; do
    case $line in
      ('') ;;
      ($'\\t'(files|directories)$'\\t'*)
        kind=\${\${line#$'\\t'}%%$'\\t'*}
        prefix=\${line#$'\\t'*$'\\t'}
        ;;
      (*)
        value=\${line%%$'\\t'*}
        description=
        [[ $line == *$'\\t'* ]] && description=:\${line#*$'\\t'}
        value=\${\${value//\\\\/\\\\\\\\}//:/\\\\:}$description
        # What more can follow gets no blank.
        if [[ \${line%%$'\\t'*} == *[:/=,] ]]; then open+=("$value"); else closed+=("$value"); fi
        ;;
    esac
  done

  local result=1
  (( $#closed )) && _describe -t values value closed && result=0
  (( $#open )) && _describe -t values value open -S '' && result=0
  if [[ -n $kind ]]; then
    [[ -n $prefix ]] && compset -P "\${(b)prefix}"
    if [[ $kind == directories ]]; then _files -/ && result=0; else _files && result=0; fi
  fi
  return result
}

if [[ $funcstack[1] == _cfsctl ]]; then
  _cfsctl "$@"
else
  compdef _cfsctl cfsctl ${TOOL_NAMES.join(' ')}
fi
`
