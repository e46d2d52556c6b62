// Curves follow their film: a line marks the moment shown, and a click on a curve goes there.
for (const chart of document.querySelectorAll("svg[data-film]")) {
  const film = document.getElementById(chart.dataset.film);
  const [left, right, from, to] = ["left", "right", "from", "to"].map((key) => Number(chart.dataset[key]));
  const head = chart.querySelector(".head");
  const show = () => {
    const share = Math.min(Math.max((film.currentTime - from) / (to - from), 0), 1);
    head.setAttribute("transform", `translate(${share * (right - left)} 0)`);
    if (!film.paused) requestAnimationFrame(show);
  };
  for (const event of ["play", "timeupdate", "seeking", "loadeddata"]) film.addEventListener(event, show);
  chart.addEventListener("click", (click) => {
    const box = chart.getBoundingClientRect();
    const x = ((click.clientX - box.left) / box.width) * chart.viewBox.baseVal.width;
    film.currentTime = from + Math.min(Math.max((x - left) / (right - left), 0), 1) * (to - from);
  });
  chart.classList.add("live");
}
// One voice at a time.
for (const film of document.querySelectorAll("video"))
  film.addEventListener("play", () => {
    for (const other of document.querySelectorAll("video")) if (other !== film) other.pause();
  });
