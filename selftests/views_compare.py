#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare a view of a guest with what the guest itself said.

    views_compare.py VIEW TRUTH JSON

TRUTH is the output of guest-truth, JSON that of "vmictl -j VIEW". Prints what differs
and fails where something does. Not compared is what may differ: the guest's own
truth teller, workers of the kernel, which come and go, and what they last did.
"""
import json
import re
import socket
import struct
import sys

STATES = {1: 'established', 2: 'syn-sent', 3: 'syn-recv', 4: 'fin-wait-1', 5: 'fin-wait-2',
          6: 'time-wait', 7: 'close', 8: 'close-wait', 9: 'last-ack', 10: 'listen',
          11: 'closing'}


def sections(path):
    """What guest-truth said, by section."""
    with open(path, 'rb') as f:
        text = f.read().replace(b'\r', b'').decode('utf-8', 'replace')
    text = text[text.rindex('TRUTH-BEGIN'):text.rindex('TRUTH-END')]
    found = {}
    lines = []
    for line in text.split('\n')[1:]:
        if line.startswith('@'):
            lines = found.setdefault(line[1:], [])
        elif line:
            lines.append(line)
    return found


def name_of(comm):
    """6.1 cuts the names of rescuers short, and vmictl does not."""
    return comm[:15]


def truth_ps(truth):
    for line in truth['ps']:
        pid, args, stat, uid = line.split('|')
        comm, rest = re.match(r'\d+ \((.*)\) \S (.*)', stat).groups()
        rest = rest.split()
        uids = uid.split()
        if not comm.startswith('kworker/'):
            yield (int(pid), int(rest[0]), name_of(comm), args.strip(), int(rest[18]),
                   int(uids[1]), int(uids[2]), int(rest[16]))


def ours_ps(view, truth):
    told = {int(line.split('|')[0]) for line in truth['ps']}
    for t in view:
        args = ' '.join(t.get('args', [])).strip()
        # the truth teller leaves itself out
        if t['pid'] not in told and ('guest-truth' in args or t['comm'] == 'guest-truth'):
            continue
        if not t['comm'].startswith('kworker/'):
            yield (t['pid'], t['ppid'], name_of(t['comm']), args,
                   t['start-boot-ns'] // 10**7, t['uid'], t['euid'], t['threads'])


def truth_modules(truth):
    for line in truth.get('modules', []):
        p = line.split()
        yield p[0], int(p[1]), int(p[2]), p[3].strip(',').replace('-', ''), p[5]


def ours_modules(view, _):
    for m in view:
        yield m['name'], m['size-bytes'], m['refs'], m['used-by'].replace('-', ''), m['address']


def truth_mounts(truth):
    for line in truth['mounts']:
        p = line.split()
        dash = p.index('-')
        yield (int(p[0]), int(p[1]), p[2], p[3], p[4], p[5], p[dash + 1], p[dash + 2])


def ours_mounts(view, _):
    for m in view:
        # the root of newer kernels, which no process sees
        if m['type'] != 'nullfs':
            yield (m['id'], m['parent'], m['device'], m['root'], m['point'], m['options'],
                   m['type'], m['source'])


def end(text):
    addr, port = text.split(':')
    words = [struct.pack('<I', int(addr[i:i + 8], 16)) for i in range(0, len(addr), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b''.join(words)), int(port, 16)


def truth_sockets(truth):
    for kind in ('tcp', 'tcp6', 'udp', 'udp6', 'raw'):
        for line in truth.get('net-' + kind, [])[1:]:
            p = line.split()
            state = int(p[3], 16)
            yield (kind, *end(p[1]), *end(p[2]),
                   STATES[state] if kind.startswith('tcp') else
                   'connected' if state == 1 else 'unconnected', int(p[7]), int(p[9]))
    for line in truth['net-unix'][1:]:
        p = line.split()
        yield ('unix', int(p[4], 16), int(p[6]), p[7] if len(p) > 7 else '')
    for line in truth['net-netlink'][1:]:
        p = line.split()
        yield ('netlink', int(p[1]), int(p[2]), int(p[-1]))
    for line in truth['files']:
        m = re.match(r'(\d+) (\d+) socket:\[(\d+)\]', line)
        if m:
            yield ('owner', int(m[3]), int(m[1]), int(m[2]))


def ours_sockets(view, _):
    for s in view:
        kind = s['kind']
        if kind in ('tcp', 'tcp6', 'udp', 'udp6', 'raw'):
            yield (kind, s['local'], s['local-port'], s['remote'], s['remote-port'],
                   s['state'], s['uid'], s['inode'])
        elif kind.startswith('unix'):
            yield ('unix', s['type'], s['inode'], s.get('name', ''))
        elif kind == 'netlink':
            yield ('netlink', s['protocol'], s['port-id'], s['inode'])
        if s['owners'] == 1:
            yield ('owner', s['inode'], s['pid'], s['fd'])


def truth_files(truth):
    for line in truth['files']:
        m = re.match(r'(\d+) (\d+) (.*) pos:\s*(\d+)$', line)
        # the shell of process 1 reads its script on
        if m and m[1] != '1':
            yield int(m[1]), int(m[2]), m[3], int(m[4])


def ours_files(view, truth):
    # of many that are alike, and of itself, the truth teller says nothing
    left_out = {1}
    told = set()
    for line in truth['ps']:
        pid, args = line.split('|')[:2]
        told.add(int(pid))
        if args.startswith('sleep 900000') or 'guest-truth' in args:
            left_out.add(int(pid))
    for f in view:
        if f['pid'] in told - left_out:
            yield f['pid'], f['fd'], f['path'], f['offset']


def truth_dmesg(truth):
    yield from truth['dmesg']


def ours_dmesg(view, _):
    for r in view:
        for line in r['text'].split('\n'):
            yield '[%5d.%06d] %s' % (r['time-ns'] // 10**9, r['time-ns'] // 1000 % 10**6, line)


def truth_symbols(truth):
    for line in truth['symbols']:
        p = line.split()
        yield '0x' + p[0], p[1], p[2]


def ours_symbols(view, truth):
    wanted = {line.split()[2] for line in truth['symbols']}
    for s in view:
        if s['name'] in wanted:
            yield s['address'], s['type'], s['name']


def truth_kernel(truth):
    yield '0x' + truth['iomem'][0].strip().split('-')[0].lstrip('0')
    yield from ('0x' + s.split()[0] for s in truth['symbols'] if s.split()[2] == '_text')


def ours_kernel(view, _):
    yield view['text-gpa']
    yield view['text']


def main():
    what, truth_path, json_path = sys.argv[1:4]
    truth = sections(truth_path)
    with open(json_path, encoding='utf-8') as f:
        view = json.load(f)
    theirs = set(globals()['truth_' + what](truth))
    ours = set(globals()['ours_' + what](view, truth))
    for item in sorted(theirs - ours, key=str):
        print('only the guest says:', item)
    for item in sorted(ours - theirs, key=str):
        print('only vmictl says:', item)
    print(f'{len(theirs & ours)} equal, {len(theirs ^ ours)} differ')
    # netlink sockets of the kernel are in every guest, and so is the rest
    return 0 if theirs == ours and (theirs or what == 'modules') else 1


if __name__ == '__main__':
    sys.exit(main())
