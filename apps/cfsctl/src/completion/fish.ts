import { TOOL_NAMES } from './shells.ts'

/** Completion for fish 3.1 and later. */
export const fishScript = `# fish completion for cfsctl, made by: cfsctl completion fish

function __cfsctl_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    # An open quote cannot be taken off, and is no part of the word.
    set -l plain (string unescape -- $current; or string trim --left --chars '"\\'' -- $current)
    set -l ours $typed[1]
    set -e typed[1]
    set -l name (string replace -r '^.*/' '' -- $ours)
    if contains -- $name ${TOOL_NAMES.join(' ')}
        set ours cfsctl
        set -p typed $name
    end
    type -q -- $ours; or set ours cfsctl
    for line in ($ours __complete $typed "$plain" 2>/dev/null)
        set -l fields (string split \\t -- $line)
        if test -n "$fields[1]"
            echo -- $line
            continue
        end
        set -l prefix $fields[3]
        set -l rest (string sub -s (math 1 + (string length -- "$prefix")) -- "$plain")
        if test "$fields[2]" = directories
            for path in (__fish_complete_directories "$rest")
                echo -- $prefix$path
            end
        else
            for path in (__fish_complete_path "$rest")
                echo -- $prefix$path
            end
        end
    end
end

for name in cfsctl ${TOOL_NAMES.join(' ')}
    complete -c $name -f -a '(__cfsctl_complete)'
end
`
