import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../temporary.ts'
import { has, openTerminal, type Terminal } from './pseudo-terminal.ts'
import { type Stocked, stock } from './stocked.ts'

/** Lines that are typed, and what is in the line after the key Tab. They end with a mark where the cursor stays. */
interface Typed {
  readonly line: string
  readonly becomes: string
}

const COMMON: readonly Typed[] = [
  { line: 'cfsctl oci ins', becomes: 'cfsctl oci inspect ' },
  { line: 'cfsctl oci inspect pl', becomes: 'cfsctl oci inspect plain ' },
  { line: 'cfsctl oci inspect registry:', becomes: 'cfsctl oci inspect registry:5000/app:1.0 ' },
  {
    line: 'cfsctl oci inspect registry:5000/app:1',
    becomes: 'cfsctl oci inspect registry:5000/app:1.0 ',
  },
  {
    line: 'cfsctl oci inspect quay.io/a/b@',
    becomes: 'cfsctl oci inspect quay.io/a/b@c:1%x ',
  },
  { line: 'cfsctl --color=al', becomes: 'cfsctl --color=always ' },
  { line: 'cfsctl oci pull oci-a', becomes: 'cfsctl oci pull oci-archive:' },
  { line: 'mkcomposefs --use-', becomes: 'mkcomposefs --use-epoch ' },
  {
    line: 'mount.composefs -o basedir=/o,tryv',
    becomes: 'mount.composefs -o basedir=/o,tryverity ',
  },
]

describe('completion in a shell', () => {
  const work = temporaryDirectory()
  let stocked: Stocked
  let environment: Record<string, string>
  let all: readonly Typed[]

  beforeAll(async () => {
    stocked = await stock(work)
    const { bin, repository, manifest } = stocked
    for (const shell of ['bash', 'zsh', 'fish']) {
      writeFileSync(join(work, `cfsctl.${shell}`), stocked.run(['completion', shell]).stdout)
    }
    mkdirSync(join(work, 'with blank/inner'), { recursive: true })
    environment = {
      PATH: `${bin}:${process.env.PATH}`,
      CFSCTL_REPO: repository,
      HOME: work,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
    }
    all = [
      ...COMMON,
      {
        line: `cfsctl oci inspect @${manifest.slice(0, 14)}`,
        becomes: `cfsctl oci inspect @${manifest} `,
      },
      {
        line: `cfsctl oci inspect plain@sha256:`,
        becomes: `cfsctl oci inspect plain@${manifest} `,
      },
      // Not the repository of the environment: before and behind the command.
      {
        line: 'cfsctl --repo ~/nowhere oci untag pl',
        becomes: 'cfsctl --repo ~/nowhere oci untag pl',
      },
      {
        line: 'cfsctl oci untag --repo ~/repository pl',
        becomes: 'cfsctl oci untag --repo ~/repository plain ',
      },
      { line: `cfsctl --repo=${work}/repos`, becomes: `cfsctl --repo=${repository}/` },
      { line: `cfsctl --repo ${work}/repos`, becomes: `cfsctl --repo ${repository}/` },
      {
        line: `cfsctl create-image ${work}/with`,
        becomes: `cfsctl create-image ${work}/with\\ blank/`,
      },
      {
        line: `cfsctl oci pull oci:${work}/layouts/ba`,
        becomes: `cfsctl oci pull oci:${work}/layouts/basic/`,
      },
    ]
  })

  describe.skipIf(!has('bash'))('bash (needs bash)', () => {
    /** Calls the function as bash does for words that it has split; what it offers. */
    function offered(words: readonly string[], line = words.join(' ')): string[] {
      const script = `
        source "$HOME/cfsctl.bash"
        COMP_LINE=$1 COMP_POINT=\${#1} COMP_CWORD=$(($# - 2))
        shift
        COMP_WORDS=("$@")
        _cfsctl "$1"
        (( \${#COMPREPLY[@]} == 0 )) || printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stdout, stderr, status } = spawnSync(
        'bash',
        ['--norc', '-c', script, 'bash', line, ...words],
        { encoding: 'utf8', env: { ...process.env, ...environment } },
      )
      // compopt has nothing to say where nothing is completed.
      expect([status, stderr.replaceAll(/.*compopt.*\n/g, '')]).toEqual([0, ''])
      return stdout.split('\n').slice(0, -1)
    }

    test('offers what is behind the last character that separates words', () => {
      const inspect = ['cfsctl', 'oci', 'inspect']
      expect(offered([...inspect, 'registry', ':'], 'cfsctl oci inspect registry:')).toEqual([
        '5000/app:1.0',
      ])
      expect(
        offered(
          [...inspect, 'registry', ':', '5000/app', ':', '1'],
          'cfsctl oci inspect registry:5000/app:1',
        ),
      ).toEqual(['1.0'])
      expect(offered([...inspect, 'quay.io/a/b', '@'], 'cfsctl oci inspect quay.io/a/b@')).toEqual([
        '@c:1%x',
      ])
      // In quotes nothing separates.
      expect(offered([...inspect, '"registry:5'])).toEqual(['registry:5000/app:1.0'])
    })

    test('quotes what bash would take for its own', () => {
      const inspect = ['cfsctl', 'oci', 'inspect']
      expect(offered([...inspect, 'it'])).toEqual(["it\\'s\\ \\$HOME"])
      expect(offered([...inspect, "it\\'s"])).toEqual(["it\\'s\\ \\$HOME"])
      expect(offered([...inspect, '"it'])).toEqual(["it's \\$HOME"])
      expect(offered([...inspect, "'it"])).toEqual(["it'\\''s $HOME"])
    })

    test('behind an open quote nothing in a name is run or expanded', async () => {
      const name = 'w$(touch ran)`touch ran`"b\'c\\d!e&'
      const layout = join(work, 'quoting')
      mkdirSync(layout)
      const annotations = { 'org.opencontainers.image.ref.name': name }
      writeFileSync(join(layout, 'index.json'), JSON.stringify({ manifests: [{ annotations }] }))
      for (const quote of ['"', "'"]) {
        const [word] = offered(['cfsctl', 'oci', 'pull', `${quote}oci:${layout}:w`])
        const script = `set -H; cd "$HOME"; printf %s ${quote}${word}${quote}; ls ran`
        const { stdout } = spawnSync('bash', ['--norc'], {
          input: script,
          encoding: 'utf8',
          env: { ...process.env, ...environment },
        })
        expect(stdout).toBe(`oci:${layout}:${name}`)
      }
    })

    test('leaves files behind > to bash', () => {
      const line = `cfsctl cat x > ${work}/cfsctl.b`
      expect(offered(['cfsctl', 'cat', 'x', '>', `${work}/cfsctl.b`], line)).toEqual([
        `${work}/cfsctl.bash`,
      ])
    })

    test('offers nothing where the program is not there', () => {
      const before = environment
      environment = { ...before, PATH: '/usr/bin:/bin' }
      try {
        expect(offered(['cfsctl', 'oci', ''], 'cfsctl oci ')).toEqual([])
      } finally {
        environment = before
      }
    })

    test('on a terminal', { timeout: 300_000 }, async () => {
      const terminal = openTerminal('bash --norc --noprofile -i', environment)
      try {
        // Control-X prints the line as it is, between marks.
        terminal.type(
          `PS1='ready> '; stty columns 500; source "$HOME/cfsctl.bash"; show() { printf 'LINE<%s>\\n' "$READLINE_LINE"; }; bind -x '"\\C-x\\C-l": show' && echo be''gin\n`,
        )
        await terminal.shows(/begin\r\nready> /)
        const quoted = {
          line: 'cfsctl oci inspect "it',
          becomes: `cfsctl oci inspect "it's \\$HOME" `,
        }
        for (const { line, becomes } of [quoted, ...all]) {
          terminal.type(`${line}\t\u0018\u000c`)
          expect(await shownLine(terminal)).toBe(becomes)
          // While a function runs the keys would go to the kernel: the prompt is back when they are for bash. A line that
          // is too long for the terminal begins with < instead.
          await terminal.shows(/ready> |</)
          terminal.type('\u0015')
        }
      } finally {
        await terminal.close()
      }
    })

    test('on a terminal, where bash-completion is loaded', { timeout: 300_000 }, async context => {
      const library = '/usr/share/bash-completion/bash_completion'
      if (spawnSync('test', ['-r', library]).status !== 0) context.skip('no bash-completion')
      const terminal = openTerminal('bash --norc --noprofile -i', environment)
      try {
        terminal.type(
          `PS1='ready> '; stty columns 500; source ${library}; source "$HOME/cfsctl.bash"; show() { printf 'LINE<%s>\\n' "$READLINE_LINE"; }; bind -x '"\\C-x\\C-l": show' && echo be''gin\n`,
        )
        await terminal.shows(/begin\r\nready> /)
        // Another program in front of ours: its completion hands ours the rest of the line.
        for (const line of ['', 'sudo ']) {
          terminal.type(`${line}cfsctl oci inspect registry:50\t\u0018\u000c`)
          expect(await shownLine(terminal)).toBe(`${line}cfsctl oci inspect registry:5000/app:1.0 `)
          await terminal.shows(/ready> /)
          terminal.type('\u0015')
        }
      } finally {
        await terminal.close()
      }
    })
  })

  describe.skipIf(!has('zsh'))('zsh (needs zsh)', () => {
    async function begin(how: string) {
      const terminal = openTerminal('zsh -f -i', environment)
      terminal.type(
        `PROMPT='ready> '; stty columns 500; autoload -Uz compinit; ${how}; show() { print -r -- "LINE<$BUFFER>" }; zle -N show; bindkey '^X^L' show; zstyle ':completion:*' list-prompt ''; LISTMAX=0; print be''gin\n`,
      )
      await terminal.shows(/begin\r\n/)
      return terminal
    }
    const SOURCED = 'compinit -u -D; source ~/cfsctl.zsh'

    test('on a terminal', { timeout: 300_000 }, async () => {
      const terminal = await begin(SOURCED)
      try {
        for (const { line, becomes } of all) {
          terminal.type(`${line}\t\u0018\u000c`)
          expect(await shownLine(terminal)).toBe(becomes)
          terminal.type('\u0015')
        }
      } finally {
        await terminal.close()
      }
    })

    test('tells what commands and options do', { timeout: 300_000 }, async () => {
      const terminal = await begin(SOURCED)
      try {
        terminal.type('cfsctl im\t\t')
        expect(await terminal.shows(/image-objects +-- .*an image needs/)).toMatch(
          /image +-- Work with named images/,
        )
        terminal.type('\u0015mkcomposefs --print\t\t')
        await terminal.shows(/--print-digest-only +-- Print it and write no image/)
      } finally {
        await terminal.close()
      }
    })

    test('from a directory of functions', { timeout: 300_000 }, async () => {
      mkdirSync(join(work, 'zfunc'), { recursive: true })
      writeFileSync(join(work, 'zfunc/_cfsctl'), stocked.run(['completion', 'zsh']).stdout)
      const terminal = await begin('fpath=(~/zfunc $fpath); compinit -u -D')
      try {
        // The first time the file is only loaded, and has to complete at once.
        for (const tag of ['pl', 'registry:5']) {
          terminal.type(`cfsctl oci untag ${tag}\t\u0018\u000c`)
          await terminal.shows(/LINE<cfsctl oci untag (plain|registry:5000\/app:1\.0) >/)
          terminal.type('\u0015')
        }
      } finally {
        await terminal.close()
      }
    })
  })

  describe.skipIf(!has('fish'))('fish (needs fish)', () => {
    function offered(line: string): string[] {
      const script = 'source ~/cfsctl.fish; complete -C $argv[1]'
      const { stdout, stderr, status } = spawnSync('fish', ['--no-config', '-c', script, line], {
        encoding: 'utf8',
        env: { ...process.env, ...environment },
      })
      expect([status, stderr]).toEqual([0, ''])
      return stdout.split('\n').slice(0, -1)
    }

    test('offers the same', { timeout: 300_000 }, () => {
      for (const { line, becomes } of all) {
        const start = line.lastIndexOf(' ') + 1
        const values = offered(line).map(value => value.replace(/\t.*/, ''))
        // It quotes by itself.
        const expected = becomes.slice(start).trimEnd().replace('\\ ', ' ')
        expect([line, values]).toEqual([line, becomes === line ? [] : [expected]])
      }
    })

    test('tells what commands, options and values are', { timeout: 300_000 }, () => {
      expect(offered('cfsctl oci ins')).toEqual([
        'inspect\tShow manifest, config and ids of an image',
      ])
      expect(offered('mkcomposefs --print-digest-')).toEqual([
        '--print-digest-only\tPrint it and write no image',
      ])
      expect(offered('cfsctl oci untag pl')).toEqual([`plain\t${stocked.manifest.slice(7, 19)}`])
      expect(offered('cfsctl oci untag "pl')).toHaveLength(1)
      expect(offered('cfsctl completion ')).toEqual(expect.arrayContaining(['bash', 'fish', 'zsh']))
    })
  })
})

/** The line as the function behind Control-X Control-L prints it. */
async function shownLine(terminal: Terminal): Promise<string | undefined> {
  return /LINE<(.*?)>\r?\n/.exec(await terminal.shows(/LINE<.*?>\r?\n/))?.[1]
}
