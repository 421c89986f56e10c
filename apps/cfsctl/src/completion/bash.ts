import { TOOL_NAMES } from './shells.ts'

/**
 * Completion for bash 4.4 and later, with or without the bash-completion package. Bash splits words at COMP_WORDBREAKS,
 * so at `:`, `=` and `@`, and replaces only what is behind the last of these: the function puts words together again
 * by the line, and takes the same beginning off all that it offers.
 */
export const bashScript = `# bash completion for cfsctl, made by: cfsctl completion bash

# Takes the quotes off a word as bash would. REPLY: what is left; __cfsctl_start: where in it the part begins that bash
# replaces; __cfsctl_quote: the quote that is still open.
__cfsctl_unquote() {
  local word=$1 char next i
  REPLY='' __cfsctl_start=0 __cfsctl_quote=''
  for ((i = 0; i < \${#word}; i++)); do
    char=\${word:i:1}
    next=\${word:i+1:1}
    case $__cfsctl_quote in
      "'")
        if [[ $char == "'" ]]; then __cfsctl_quote=''; else REPLY+=$char; fi
        ;;
      '"')
        if [[ $char == '"' ]]; then
          __cfsctl_quote=''
        elif [[ $char == \\\\ && $next == [\\"\\\\\\$\\\`] ]]; then
          REPLY+=$next
          ((++i))
        else
          REPLY+=$char
        fi
        ;;
      *)
        if [[ $char == \\\\ ]]; then
          REPLY+=$next
          ((++i))
        elif [[ $char == [\\"\\'] ]]; then
          __cfsctl_quote=$char
          __cfsctl_start=\${#REPLY}
        else
          # A word may begin with @, behind the others one begins.
          if [[ $COMP_WORDBREAKS == *"$char"* ]]; then
            case $char in
              @) __cfsctl_start=\${#REPLY} ;;
              : | =) __cfsctl_start=$((\${#REPLY} + 1)) ;;
            esac
          fi
          REPLY+=$char
        fi
        ;;
    esac
  done
}

# Writes a word so that bash reads it as it is behind the quote that is open. REPLY: what to write.
__cfsctl_requote() {
  local word=$1 char i
  REPLY=$word
  [[ $word == *[\\"\\'\\\\\\$\\\`!]* ]] || return
  REPLY=''
  for ((i = 0; i < \${#word}; i++)); do
    char=\${word:i:1}
    case $__cfsctl_quote$char in
      "''") REPLY+="'\\\\''" ;;
      '"!') REPLY+="\\"'!'\\"" ;;
      '"'[\\"\\\\\\$\\\`]) REPLY+=\\\\$char ;;
      *) REPLY+=$char ;;
    esac
  done
}

__cfsctl_files() {
  local kind=$1 prefix=$2 rest=$3 file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do
    file=$prefix$file
    COMPREPLY+=("\${file:__cfsctl_start}")
  done < <(compgen "$kind" -- "$rest")
}

_cfsctl() {
  local REPLY __cfsctl_start __cfsctl_quote
  local line=\${COMP_LINE:0:COMP_POINT} token raw current ours value i
  local -a words=() plain=()
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    token=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
      line=\${line#"\${line%%[![:space:]]*}"}
      words+=('')
    fi
    ((i == COMP_CWORD)) && token=$line
    words[-1]+=$token
    line=\${line#"$token"}
  done
  raw=\${words[-1]}

  # Behind > and < there is a file.
  if [[ $raw =~ ^[0-9\\&]*[\\<\\>] ]] || { ((\${#words[@]} > 1)) && [[ \${words[-2]} =~ ^[0-9\\&]*[\\<\\>][\\>\\&|]?$ ]]; }; then
    __cfsctl_start=0
    __cfsctl_files -f '' "\${raw##*[\\<\\>]}"
    return
  fi

  __cfsctl_unquote "\${words[0]}"
  ours=\${REPLY/#\\~\\//$HOME/}
  case \${ours##*/} in
    ${TOOL_NAMES.join(' | ')})
      plain=("\${ours##*/}")
      ours=cfsctl
      ;;
  esac
  if ! type -P -- "$ours" >/dev/null && ! declare -F -- "$ours" >/dev/null; then ours=cfsctl; fi
  for token in "\${words[@]:1}"; do
    __cfsctl_unquote "$token"
    plain+=("$REPLY")
  done
  current=$REPLY

  while IFS= read -r value; do
    case $value in
      $'\\t'files$'\\t'*)
        value=\${value#$'\\t'files$'\\t'}
        __cfsctl_files -f "$value" "\${current#"$value"}"
        ;;
      $'\\t'directories$'\\t'*)
        value=\${value#$'\\t'directories$'\\t'}
        __cfsctl_files -d "$value" "\${current#"$value"}"
        ;;
      ?*)
        value=\${value%%$'\\t'*}
        value=\${value:__cfsctl_start}
        if [[ -n $__cfsctl_quote ]]; then
          __cfsctl_requote "$value"
          value=$REPLY
        elif [[ -n $value ]]; then
          printf -v value %q "$value"
          value=\${value//\\\\,/,}
        fi
        COMPREPLY+=("$value")
        ;;
    esac
  done < <("$ours" __complete "\${plain[@]}" 2>/dev/null)
  # What more can follow gets no blank.
  if ((\${#COMPREPLY[@]} == 1)) && [[ \${COMPREPLY[0]} == *[:/=,] || -z \${COMPREPLY[0]} ]]; then
    compopt -o nospace 2>/dev/null
  fi
}

complete -F _cfsctl cfsctl ${TOOL_NAMES.join(' ')}
`
