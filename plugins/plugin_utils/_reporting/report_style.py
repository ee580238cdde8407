# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the report looks: light and dark, on a screen and on paper."""

from __future__ import annotations

_LIGHT = """
  --ground: #f4f6f8; --card: #ffffff; --line: #dde2e8; --text: #1b2129; --soft: #5b6672; --accent: #17627f;
  --bar: #6fa8bd; --good: #1f6f43; --good-ground: #e3f3e9; --busy: #1d5aa8; --busy-ground: #e5eefa;
  --warn: #7d5200; --warn-ground: #fbf0d6; --bad: #a3231a; --bad-ground: #fbe6e4;
  --gone: #5d4a8a; --gone-ground: #ece8f6;
"""
_DARK = """
  --ground: #12161b; --card: #1a2027; --line: #2d353f; --text: #e2e7ed; --soft: #98a4b1; --accent: #7cc3dc;
  --bar: #3f7f97; --good: #7fd3a0; --good-ground: #17301f; --busy: #8fbcf5; --busy-ground: #182a44;
  --warn: #eebf63; --warn-ground: #372a10; --bad: #f59a92; --bad-ground: #3d1a18;
  --gone: #bfaef0; --gone-ground: #2a2340;
"""
STYLE = (
    ":root {" + _LIGHT + "color-scheme: light }\n"
    "@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {" + _DARK + "color-scheme: dark } }\n"
    ":root[data-theme=dark] {" + _DARK + "color-scheme: dark }\n"
    """
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 120rem; padding: 1.1rem 1.4rem 2rem; background: var(--ground); color: var(--text);
  font: 13px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums }
h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em }
h2, h3 { font-size: .78rem; margin: 0 0 .35rem; color: var(--soft); font-weight: 600; text-transform: uppercase;
  letter-spacing: .05em }
small { color: var(--soft); font-size: .88em }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace }
ul { list-style: none; margin: 0; padding: 0 }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: inherit; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; margin-bottom: .9rem }
header p { margin: 0; color: var(--soft); flex: 1 }
.control { border: 1px solid var(--line); border-radius: 6px; padding: .22rem .6rem; background: var(--card) }
.control:hover, .tile:hover { border-color: var(--accent) }
.tiles { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .9rem }
.tile { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: .4rem .8rem .45rem;
  min-width: 6.4rem; line-height: 1.25 }
.tile b { display: block; font-size: 1.3rem; font-weight: 650 }
.tile span { color: var(--soft); font-size: .88em }
.tile.good b { color: var(--good) } .tile.busy b { color: var(--busy) } .tile.warn b { color: var(--warn) }
.tile.bad b { color: var(--bad) } .tile.gone b { color: var(--gone) }
.tile[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent) }
.kinds { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .5rem; margin-bottom: .9rem }
.kinds > div { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: .55rem .8rem;
  max-height: 11rem; overflow: auto }
.kinds li { display: grid; grid-template-columns: minmax(6rem, 1fr) 3.6rem 3rem; gap: .6rem; align-items: center }
.kinds li button { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.kinds li button:hover { color: var(--accent) }
.kinds li b { text-align: right; font-weight: 600 }
.bar { display: inline-block; width: 3.6rem; height: .42rem; border-radius: 3px; background: var(--line);
  overflow: hidden; vertical-align: middle; margin-right: .45rem }
.kinds .bar { margin: 0 }
.bar i { display: block; height: 100%; background: var(--bar) }
.controls { display: flex; align-items: center; gap: .6rem; margin-bottom: .6rem }
.controls label { color: var(--soft) }
#filter { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: .3rem .6rem; width: min(24rem, 50vw) }
#count { color: var(--soft); flex: 1 }
html:not(.js) .controls, html:not(.js) #theme { display: none }
main { border: 1px solid var(--line); border-radius: 8px; background: var(--card); overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .55rem; vertical-align: top; font-weight: inherit }
#hosts > thead th { position: sticky; top: 0; background: var(--card); border-bottom: 1px solid var(--line);
  white-space: nowrap; color: var(--soft) }
#hosts > thead button::after { content: " \\2195"; opacity: .35 }
#hosts > thead [aria-sort=ascending] button::after { content: " \\2191"; opacity: 1 }
#hosts > thead [aria-sort=descending] button::after { content: " \\2193"; opacity: 1 }
html:not(.js) #hosts > thead button::after { content: none }
#hosts > tbody + tbody { border-top: 1px solid var(--line) }
.host > th, .host > td:nth-child(8), .host > td:nth-child(9), .host .badge { white-space: nowrap }
.host > td:nth-child(7) { min-width: 10.5rem }
.host > td:nth-child(4) { min-width: 9.2rem }
.host > th button { font-weight: 600 }
.host > th button::before { content: "\\25B8"; display: inline-block; width: 1.1em; color: var(--soft) }
.host > th button[aria-expanded=true]::before { content: "\\25BE" }
.host:hover { background: color-mix(in srgb, var(--accent) 6%, transparent) }
td, th, li { overflow-wrap: anywhere }
.badge { display: inline-block; border-radius: 4px; padding: 0 .38rem; font-size: .88em; color: var(--soft);
  background: var(--ground) }
.badge.good { color: var(--good); background: var(--good-ground) }
.badge.busy { color: var(--busy); background: var(--busy-ground) }
.badge.warn { color: var(--warn); background: var(--warn-ground) }
.badge.bad { color: var(--bad); background: var(--bad-ground) }
.badge.gone { color: var(--gone); background: var(--gone-ground) }
.js .more { display: none }
.js .more.open { display: table-row }
.more > td { padding: 0 .65rem .8rem 1.75rem }
.gpus { margin-bottom: .7rem; font-size: .95em }
.gpus th { color: var(--soft); border-bottom: 1px solid var(--line) }
.gpus td, .gpus th { padding: .16rem .9rem .16rem 0 }
.gpus td:last-child { width: 30% }
.lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: .7rem 1.6rem }
.lists li { margin-bottom: .22rem }
footer { color: var(--soft); margin-top: .8rem; font-size: .92em }
[hidden] { display: none !important }
@media (max-width: 60rem) { body { padding: .8rem } .lists { grid-template-columns: 1fr } }
@media print {
  :root, :root:not([data-theme=light]), :root[data-theme=dark] {"""
    + _LIGHT
    + """color-scheme: light }
  body { font-size: 9px; padding: 0; max-width: none; background: none; print-color-adjust: exact }
  .controls, #theme, footer { display: none }
  main { overflow: visible; border: 0 } #hosts > thead th { position: static }
  #hosts > thead button::after { content: none }
  tr { break-inside: avoid } .kinds > div { max-height: none; break-inside: avoid }
  .tiles { gap: .3rem } .tile { min-width: 0; padding: .2rem .5rem } .tile b { font-size: 1rem }
  th, td { padding: .2rem .35rem } .bar { width: 2.5rem }
}
"""
)
