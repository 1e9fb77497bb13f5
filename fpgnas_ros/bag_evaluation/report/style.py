"""The look of the report, for laptop and phone, light and dark."""

CSS = """
:root{--ink:#1c2430;--soft:#5d6877;--paper:#fff;--wash:#f4f6f9;--rule:#d9dfe7;--run0:#2563c9;--run1:#c2570c;--run2:#0f8a6d;
--run3:#8b3fc0;--bad:#c8322b;--good:#14803c;--warn:#8a5a00;--warnwash:#fff6e0}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9f0;--soft:#9aa6b6;--paper:#12171f;--wash:#1b222d;--rule:#323c4a;
--run0:#6ea4f7;--run1:#f0975a;--run2:#4cc7a5;--run3:#c490ef;--bad:#ff7b72;--good:#56d27f;--warn:#f1c06b;--warnwash:#2d2615}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",
sans-serif}
main{max-width:1000px;margin:0 auto;padding:20px 16px 60px}
h1{font-size:1.55rem;line-height:1.25;margin:.2em 0 .1em}
h2{font-size:1.2rem;margin:2.1em 0 .5em;padding-bottom:.2em;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:0 0 .3em}
.tiles+h3,.scroll+h3{margin-top:1.6em}
p{margin:.4em 0;max-width:75ch}
.soft,figcaption,.card small{color:var(--soft)}
nav{font-size:.9rem;margin:.8em 0}
nav a{margin-right:1.1em;white-space:nowrap}
a{color:var(--run0)}
code{background:var(--wash);padding:.1em .3em;border-radius:3px;font-size:.85em;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(205px,1fr));gap:10px;margin:.6em 0 1.4em}
.card{background:var(--wash);border-radius:8px;padding:10px 12px}
.card b{display:block;font-size:1.45rem;line-height:1.25;font-variant-numeric:tabular-nums}
.card span{font-size:.85rem}
.card small{display:block;font-size:.78rem;min-height:1.2em}
.run{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em}
.legend>span{margin-right:1.2em;white-space:nowrap}
h3 .soft{font-weight:400;font-size:.88rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:26px 24px}
.wide{grid-column:1/-1}
.scroll{overflow-x:auto}
.wide svg{min-width:680px}
figure{margin:0;min-width:0}
figcaption{font-size:.82rem;line-height:1.4;margin-top:.2em}
svg{display:block;width:100%;height:auto}
svg text{font:11.5px system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--soft)}
.grid{stroke:var(--rule);stroke-width:.7;fill:none}
.axis{stroke:var(--soft);stroke-width:1;fill:none}
.level{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3;fill:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:16px}
.tiles img{display:block;width:100%;border-radius:6px;background:var(--wash)}
table{border-collapse:collapse;font-size:.88rem;width:100%}
th,td{text-align:right;padding:.28em .6em;border-bottom:1px solid var(--rule);font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}
td:first-child{overflow-wrap:anywhere}
thead th{font-weight:600;background:var(--wash)}
.verdict{padding:10px 14px;border-radius:8px;margin:.7em 0;font-weight:600}
.verdict.failed{border:2px solid var(--bad);color:var(--bad)}
.verdict.passed{border:2px solid var(--good);color:var(--good)}
.warning{background:var(--warnwash);border-left:4px solid var(--warn);padding:8px 14px;border-radius:4px;margin:.8em 0}
.warning ul{margin:.2em 0;padding-left:1.2em}
.warning li{overflow-wrap:anywhere;margin:.25em 0;font-size:.92rem}
.better{color:var(--good)}.worse{color:var(--bad)}
dt{font-weight:600;margin-top:.5em}dd{margin:0 0 0 1em;max-width:75ch}
@media(max-width:520px){.plots{grid-template-columns:1fr}.tiles{grid-template-columns:1fr 1fr;gap:10px}
.cards{grid-template-columns:1fr 1fr}svg text{font-size:12.5px}.wide svg text{font-size:12px}h1{font-size:1.3rem}
th,td{padding:.28em .35em}}
"""
