// A page that is open while something happens is read again; what somebody has chosen, and where they are, stays.
(() => {
  const place = () => document.querySelector("[data-live]");
  const same = (one) => `[name="${CSS.escape(one.name)}"][value="${CSS.escape(one.value)}"]`;

  async function readAgain() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = place(), fresh = page.querySelector("[data-live]");
    if (!old || !fresh) return;
    for (const chosen of old.querySelectorAll("input:checked")) fresh.querySelector(same(chosen))?.setAttribute("checked", "");
    const at = document.activeElement, within = old.contains(at);
    old.replaceWith(document.adoptNode(fresh));
    document.title = page.title;
    document.querySelector("[data-said]").textContent = fresh.dataset.says;
    if (within) (at.name ? fresh.querySelector(same(at)) : at.id && document.getElementById(at.id))?.focus({ preventScroll: true });
  }

  const news = new EventSource(place().dataset.live);
  news.addEventListener("changed", readAgain);
})();
