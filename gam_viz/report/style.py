"""How a report looks: light and dark as the reader's system is, narrow and wide, and on paper."""

STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1c1f24;--quiet:#5b626d;--line:#d9dde3;--soft:#f4f5f7;
--warn:#fff4d6;--good:#1b7f5c;--bad:#b3341f}
@media (prefers-color-scheme:dark){:root{--page:#15171b;--ink:#e8eaee;--quiet:#a0a7b3;--line:#363b44;--soft:#1f2228;
--warn:#3a3117;--good:#5cc9a0;--bad:#f08a76}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans",
"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.75rem;line-height:1.25;margin:.1em 0 .5em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.3;margin:2.4em 0 .6em;padding-top:.6em;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.5em 0 .5em;overflow-wrap:anywhere}
p{margin:.5em 0;max-width:46em}
small,.quiet,figcaption{color:var(--quiet);font-size:.85rem;font-weight:400}
.brand{font-weight:700;letter-spacing:.04em;color:var(--quiet);margin:0}
.lead{max-width:46em}
.dot{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.45em}
.warning{background:var(--warn);padding:.6em .9em;border-radius:6px;max-width:none}
.notice{background:var(--soft);border-radius:8px;padding:.2em 1.1em .7em;margin:2em 0}
.notice h2{border:0;margin:.6em 0 .3em;padding:0;font-size:1.1rem}
.found li{margin:.35em 0}
ul{padding-left:1.2em;max-width:46em}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:16px 28px;
align-items:start}
@media (min-width:760px){.two{grid-template-columns:repeat(2,1fr)}}
figure{margin:0}
figure svg{display:block;max-width:100%;height:auto}
figcaption{margin-top:.25em}
figure h3{margin:.4em 0 .3em;font-size:.95rem}
img{max-width:100%;height:auto;image-rendering:pixelated;display:block;border-radius:3px}
.given img{image-rendering:auto;max-height:320px;width:auto;min-width:min(100%,192px)}
.network figure img{width:192px}
.network h3{margin-top:0}
.legend{display:flex;flex-wrap:wrap;gap:.1em 1.4em;margin:.5em 0}
.legend p{margin:0;display:flex;align-items:center;gap:.4em;font-size:.9rem}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35em .7em .35em 0;vertical-align:top}
thead th,.wide>table:not(.judged) tr:first-child th{color:var(--quiet);font-weight:500;
border-bottom:1px solid var(--line)}
.wide{overflow-x:auto;max-width:100%}
.bars{width:100%;max-width:340px}
.bars th{font-weight:400;width:6.5em;overflow-wrap:anywhere}
.bars td{display:flex;align-items:center;gap:.5em;padding-right:0}
.bar{flex:1;height:.8em;background:var(--soft);border-radius:2px;overflow:hidden}
.bar span{display:block;height:100%}
.value{min-width:3.6em;text-align:right}
.maps{display:flex;flex-wrap:wrap;gap:14px 12px;align-items:start}
.maps>div{width:168px}
.maps h4{margin:0 0 .3em;font-size:.9rem;font-weight:600}
.maps figure{margin-bottom:10px}
.maps img{width:100%;border-top:3px solid var(--of);border-radius:0}
.maps .none{aspect-ratio:1;border-top:3px solid var(--of);background:var(--soft);display:flex;align-items:center;
justify-content:center;padding:.6em;text-align:center;font-size:.8rem}
.maps figcaption{line-height:1.3;font-size:.78rem}
.none{color:var(--quiet)}
.scale{width:260px;max-width:100%;margin:.6em 0 1em}
.scale img{width:100%;height:12px;image-rendering:auto;border-radius:2px}
.ends{display:flex;justify-content:space-between;font-size:.8rem;font-variant-numeric:tabular-nums}
.judged{width:100%}
.judged tbody tr:first-child>*{padding-bottom:0;border-top:1px solid var(--line)}
.judged tbody th{font-weight:600}
.judged .told{color:var(--quiet);font-size:.85rem;padding-bottom:.8em}
.judged .better td:nth-of-type(3){color:var(--good);font-weight:600}
.judged .worse td:nth-of-type(3){color:var(--bad);font-weight:600}
.near{display:inline-block;margin-right:.8em;white-space:nowrap}
summary{cursor:pointer;color:var(--quiet);padding:.5em 0}
dl{display:grid;grid-template-columns:minmax(7em,12em) 1fr;gap:.35em 1.2em;font-size:.9rem}
dt{color:var(--quiet);overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere}
code{font:.85em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:var(--soft);padding:.8em 1em;border-radius:6px;white-space:pre-wrap}
@media (max-width:640px){
main{padding:16px 14px 48px}
h1{font-size:1.4rem}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.7em}
.maps>div{width:calc(50% - 6px)}
.judged thead{display:none}
.judged,.judged tbody,.judged tr,.judged td,.judged th{display:block}
.judged tbody{border-top:1px solid var(--line);padding:.5em 0}
.judged tbody tr:first-child>*{border:0;padding:.1em 0}
.judged td[data-title]{display:flex;justify-content:space-between;gap:1em}
.judged td[data-title]::before{content:attr(data-title);color:var(--quiet)}
.judged td[data-title]:last-child{display:block}
.judged td[data-title]:last-child .near{display:block}
.judged .told{padding:.4em 0 .2em}}
@media print{
:root{--page:#fff;--ink:#000;--quiet:#444;--line:#bbb;--soft:#f2f2f2;--warn:#f2f2f2;--good:#000;--bad:#000}
body{font-size:10.5pt}main{max-width:none;padding:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h3{break-after:avoid}figure,.judged tbody,.maps>div,.network,dd{break-inside:avoid}
.wide{overflow:visible}.columns{grid-template-columns:repeat(2,1fr)}
.maps>div{width:112px}}
"""
