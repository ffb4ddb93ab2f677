(function(){"use strict";
var table=document.getElementById("reports"),body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
var find=document.getElementById("find"),group=document.getElementById("group"),grade=document.getElementById("grade"),count=document.getElementById("count"),none=document.getElementById("none");
var tools=document.getElementById("tools");tools.hidden=false;
function show(){var words=find.value.trim().toLowerCase().split(/\s+/),n=0;
rows.forEach(function(r){var text=r.textContent.toLowerCase();
var ok=words.every(function(w){return text.indexOf(w)>=0})&&(!group.value||r.cells[1].textContent===group.value)&&(!grade.value||r.cells[3].textContent===grade.value);
r.hidden=!ok;if(ok)n++});
count.textContent="显示 "+n+" / "+rows.length+" 份";none.hidden=n>0}
function key(r,i){var v=parseFloat(r.cells[i].textContent.replace(/^第/,""));return isNaN(v)?null:v}
var order=["好","较好","一般","较差"],groups=[];
rows.forEach(function(r){var g=r.cells[1].textContent;if(groups.indexOf(g)<0)groups.push(g)});
Array.prototype.forEach.call(table.tHead.rows[0].cells,function(head,i){
var button=head.querySelector("button");if(!button)return;
button.disabled=false;
button.addEventListener("click",function(){
var now=head.getAttribute("aria-sort"),down=now?now==="ascending":head.hasAttribute("data-down");
Array.prototype.forEach.call(table.tHead.rows[0].cells,function(h){h.removeAttribute("aria-sort")});
head.setAttribute("aria-sort",down?"descending":"ascending");
var sorted=rows.map(function(r,k){return [r,k]});
sorted.sort(function(x,y){var a=key(x[0],i),b=key(y[0],i),d;
if(i===3){a=order.indexOf(x[0].cells[3].textContent);b=order.indexOf(y[0].cells[3].textContent);a=a<0?null:a;b=b<0?null:b}
var tx=x[0].cells[i].textContent,ty=y[0].cells[i].textContent;
if(i===5){d=groups.indexOf(x[0].cells[1].textContent)-groups.indexOf(y[0].cells[1].textContent);if(d)return d}
if(a===null&&b===null&&i>2)d=0;else if(i>2&&a===null)return 1;else if(i>2&&b===null)return -1;
else d=i>2?a-b:(tx<ty?-1:tx>ty?1:0);
return (down?-d:d)||x[1]-y[1]});
sorted.forEach(function(s){body.appendChild(s[0])})})});
[find,group,grade].forEach(function(e){e.addEventListener("input",show);e.addEventListener("change",show)});
show();
})();
