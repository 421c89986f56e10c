/** The text files of an SELinux policy, by their path from the root. */
export type PolicyText = Readonly<Record<string, string>>

/** Type of the policy that `selinuxPolicy` writes. */
export const POLICY_TYPE = 'fixture'

const context = (type: string) => `system_u:object_r:${type}:s0`

/** Services as policies have them: what their files are called where. */
const SERVICES =
  `abrt acct aide alsa amanda apache apcupsd arpwatch asterisk automount avahi bind bluetooth boinc
  cachefilesd certmonger chronyd clamav cobbler collectd consoletype corosync couchdb cups cyrus dbus dhcpd dictd
  dnsmasq dovecot exim fail2ban fetchmail firewalld ftpd gdm glusterd gpm haproxy icecast inetd ipsec irqbalance
  iscsi kerberos ksmtuned libvirt lldpad mailman memcached mongodb mpd munin mysql nagios nfsd nginx nscd ntpd
  openvpn pcscd polkit postfix postgresql privoxy puppet quota radius redis rngd rpcbind rsync rtkit samba sendmail
  slapd smartmon snmpd squid sshd sssd stunnel tftpd tor udev usbmuxd varnish vsftpd wpa xinetd zabbix`.split(
    /\s+/,
  )

/**
 * The SELinux policy of a test: some six hundred rules in the style of the policies of distributions, with every
 * construct that they use, and local rules, home directories and aliases.
 */
export function selinuxPolicy(): PolicyText {
  const directory = `etc/selinux/${POLICY_TYPE}/contexts/files`
  return {
    'etc/selinux/config': `# What this machine does.\nSELINUX=permissive\n\nSELINUXTYPE=${POLICY_TYPE}\n`,
    [`${directory}/file_contexts`]: mainRules(),
    [`${directory}/file_contexts.local`]: LOCAL,
    [`${directory}/file_contexts.homedirs`]: HOME,
    [`${directory}/file_contexts.subs`]: SUBS,
    [`${directory}/file_contexts.subs_dist`]: SUBS_DIST,
  }
}

function mainRules(): string {
  const rules = BASE.trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .map(([pattern, ...rest]) => {
      const type = rest.at(-1) as string // each line has one
      const label = type.startsWith('<<') ? type : context(type)
      return rest.length > 1 ? `${pattern}\t${rest[0]}\t${label}` : `${pattern}\t\t${label}`
    })
  return `${[...rules, ...SERVICES.flatMap(serviceRules)].join('\n')}\n`
}

function serviceRules(name: string): string[] {
  const short = name.replace(/d$/, '')
  return [
    '',
    `# ${name}`,
    `/usr/s?bin/${name}\t--\t${context(`${short}_exec_t`)}`,
    `/usr/lib(64)?/${name}(/.*)?\t${context(`${short}_lib_t`)}`,
    `/usr/lib/systemd/system/${name}[^/]*\\.service\t--\t${context(`${short}_unit_file_t`)}`,
    `/etc/${name}(/.*)?\t${context(`${short}_etc_t`)}`,
    `/etc/rc\\.d/init\\.d/${name}\t--\t${context(`${short}_initrc_exec_t`)}`,
    `/var/lib/${name}(/.*)?\t${context(`${short}_var_lib_t`)}`,
    `/var/log/${name}[^/]*\\.log.*\t--\t${context(`${short}_log_t`)}`,
    `/run/${name}\\.sock\t-s\t${context(`${short}_runtime_t`)}`,
  ]
}

/** In each line: pattern, type of file if any, type of the context. */
const BASE = `
  /.*                                           default_t
  /                                         -d  root_t
  /[^/]+                                    --  etc_runtime_t
  /a?quota\\.(user|group)                   --  quota_db_t
  /bin                                          bin_t
  /boot(/.*)?                                   boot_t
  /dev(/.*)?                                    device_t
  /dev/.*                                   -c  device_t
  /dev/.*mouse.*                            -c  mouse_device_t
  /dev/[shmxv]d[^/]*                        -b  fixed_disk_device_t
  /dev/(misc/)?agpgart                      -c  agp_device_t
  /dev/null                                 -c  null_device_t
  /dev/tty[0-9]+                            -c  tty_device_t
  /dev/p[fg][0-3]                           -b  removable_device_t
  /dev/(raw/)?rawctl                        -c  fixed_disk_device_t
  /etc(/.*)?                                    etc_t
  /etc/\\.pwd\\.lock                        --  shadow_t
  /etc/(g)?shadow.*                         --  shadow_t
  /etc/mtab(\\.~[0-9]*~|\\.tmp)?            --  etc_runtime_t
  /etc/ld\\.so\\.cache                      --  ld_so_cache_t
  /etc/ssl(/.*)?                                cert_t
  /etc/[^/]+\\.d                            -d  etc_conf_t
  /etc/X11/[wx]dm/Xsession                  --  xsession_exec_t
  /etc/c\\+\\+filt                          --  bin_t
  /etc/cron(tab|\\.(daily|hourly|weekly|monthly))(/.*)?  system_cron_spool_t
  /home                                     -d  home_root_t
  /home/lost\\+found/.*                         <<none>>
  /lost\\+found                             -d  lost_found_t
  /lost\\+found/.*                              <<none>>
  /mnt(/[^/]*)?                             -l  mnt_t
  /mnt/[^/]*/.*                                 <<none>>
  /opt(/.*)?                                    usr_t
  /opt/(.*/)?bin(/.*)?                          bin_t
  /opt/(.*/)?lib(64)?(/.*)?                     lib_t
  /opt/(.*/)?man(/.*)?                          man_t
  /opt/.*\\.so(\\.[0-9]+){0,3}              --  lib_t
  /run/.*                                       <<none>>
  /run/user/%{USERID}                       -d  user_runtime_t
  /run/user/%{USERID}/.+                        <<none>>
  /srv/([^/]*/)?www(/.*)?                       httpd_content_t
  /tmp/.*                                       <<none>>
  /usr(/.*)?                                    usr_t
  /usr/\\.journal                               <<none>>
  /usr/(.*/)?bin(/.*)?                          bin_t
  /usr/(.*/)?lib(/.*)?                          lib_t
  /usr/(.*/)?sbin(/.*)?                         bin_t
  /usr/(local/)?lib(64)?/perl5(/.*)?            lib_t
  /usr/bin/[a-z]{2,3}sh                     --  shell_exec_t
  /usr/bin/(ba|da|z)?sh                     --  shell_exec_t
  /usr/bin/(un)?mount                       --  mount_exec_t
  /usr/bin/mkfs\\.[[:alnum:]_]+             --  fsadm_exec_t
  /usr/bin/[[:upper:]][^[:space:]]*         --  x_exec_t
  /usr/bin/[]^-]+                           --  odd_exec_t
  /usr/bin/python[23](\\.[0-9]+)?           --  python_exec_t
  /usr/bin/(?!g)[a-h]++tool                 --  tool_exec_t
  /usr/bin/(\\w)x\\2                        --  twice_exec_t
  /usr/lib/.+\\.so(\\.[^/]*)*               --  lib_t
  /usr/lib/systemd/system(/.*)?                 systemd_unit_t
  /usr/lib/(sse2/)?libfame-.*\\.so.*        --  textrel_shlib_t
  /usr/lib/ld-[^/]*\\.so(\\.[^/]*)*         --  ld_so_t
  /usr/lib/modules/[0-9][^/]*(/.*)?             modules_object_t
  /usr/share/.*\\.(py|pl)[co]?              --  bin_t
  /usr/share(/.*)?/locale(/.*)?                 locale_t
  /usr/share/man(/.*)?                          man_t
  /usr/share/doc(/.*)?/README.*             --  doc_t
  /usr/share/(caf\u00e9|na[^a]ve)(/.*)?         text_t
  /usr/share/games/(?i:Chess|Go)(/.*)?          games_t
  /usr/src(/.*)?                                src_t
  /var/.*                                       var_t
  /var/lock(/.*)?                           -d  var_lock_t
  /var/log(/.*)?                                var_log_t
  /var/log/.*\\.(gz|xz|[0-9]+)              --  old_log_t
  /var/(db|adm)(/.*)?                           var_db_t
  /var/spool/(?!cups)[^/]+(/.*)?                spool_t
  /var/tmp/.*                                   <<none>>
`

const LOCAL = `# Of this machine
/srv/data(/.*)?    ${context('local_data_t')}
/etc/motd -- ${context('local_motd_t')}
`

const HOME = `#
# Home Context for user user_u
#
/home/[^/]+	-d	user_u:object_r:user_home_dir_t:s0
/home/[^/]+/.+	user_u:object_r:user_home_t:s0
/home/[^/]+/\\.ssh(/.*)?	user_u:object_r:ssh_home_t:s0
/home/[^/]+/public_html(/.+)?	user_u:object_r:httpd_user_content_t:s0
/home/\\.journal	<<none>>
`

const SUBS = `/usr/local /usr
/data /srv
`

const SUBS_DIST = `/usr/lib64 /usr/lib
/usr/local/lib64 /usr/lib
/var/run /run
/var/home /home
/lib /usr/lib
`
