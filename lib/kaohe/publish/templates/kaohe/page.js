(function(){"use strict";
function open(id){var e=document.getElementById(id),d;if(!e)return null;
d=e.querySelector(":scope>details:first-child");if(d)d.open=true;
for(d=e.closest("details");d;d=d.parentElement.closest("details"))d.open=true;
return e}
function here(){var e=open(location.hash.slice(1));if(e)e.scrollIntoView()}
document.addEventListener("click",function(e){var a=e.target.closest('a[href^="#"]');if(a)open(a.hash.slice(1))});
window.addEventListener("hashchange",here);
here();
})();
