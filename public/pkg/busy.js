// A form that was sent shows that it is working: its button turns a spinner, and while it is on its way it is not sent
// again. Every page loads this; the islands are for fewer pages, and wake later. Nothing rests on it: what must not
// happen twice carries a one-use key.

/** The server answers sooner, if at all. */
const LONGEST_MS = 31_000;

let button = null;
let timer = 0;
/** The answer opens elsewhere, and this page stays. */
let elsewhere = false;

function rest() {
  clearTimeout(timer);
  button?.removeAttribute('aria-busy');
  button = null;
}

addEventListener('click', ({ ctrlKey, metaKey, shiftKey }) => (elsewhere = ctrlKey || metaKey || shiftKey), true);

// At the window, so that a form has been heard first, and that it goes on when a section is replaced by a newer one.
addEventListener('submit', (event) => {
  const { submitter, defaultPrevented } = event;
  if (defaultPrevented || submitter?.closest('form[method=post]') == null) return;
  if (button?.form === submitter.form) {
    event.preventDefault();
    return;
  }
  rest();
  if (elsewhere) return;
  button = submitter;
  button.setAttribute('aria-busy', 'true');
  timer = setTimeout(rest, LONGEST_MS);
});

// Somebody pressed Stop; where the browser does not tell, time does.
globalThis.navigation?.addEventListener('navigateerror', rest);

// A page that comes back from the browser's cache was sent once already.
addEventListener('pageshow', ({ persisted }) => persisted && rest());
