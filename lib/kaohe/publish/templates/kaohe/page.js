(function(){"use strict";
function open(id){var e=document.getElementById(id),d;if(!e)return;
d=e.querySelector(":scope>details:first-child");if(d)d.open=true;
for(d=e.closest("details");d;d=d.parentElement.closest("details"))d.open=true}
function here(){open(location.hash.slice(1))}
document.addEventListener("click",function(e){var a=e.target.closest('a[href^="#"]');if(a)open(a.hash.slice(1))});
window.addEventListener("hashchange",here);
here();
})();
