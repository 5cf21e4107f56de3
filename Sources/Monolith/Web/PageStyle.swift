/// The page's looks: follows the system's light or dark, needs no font and no picture from elsewhere.
enum PageStyle {
    static let css = """
        :root {
          color-scheme: light dark;
          --ink: #1d1730; --paper: #faf8ff; --card: #ffffff; --line: #d9d2ec; --quiet: #5d5578;
          --accent: #5b3fb0; --accent-ink: #ffffff; --bad: #a4182d; --good: #17663a;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #ece8fa; --paper: #14101f; --card: #1e1830; --line: #3a3156; --quiet: #b0a6cf;
            --accent: #b79dff; --accent-ink: #1a1230; --bad: #ff9aa8; --good: #8ee0ad;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        /* What is scrolled to lies below the message that floats at the top. */
        html { scroll-padding: 5.5rem 0 1.5rem; }
        body {
          margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        header, main, footer { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem; }
        header { display: flex; align-items: center; gap: .5rem 1rem; flex-wrap: wrap; }
        h1 { display: flex; align-items: center; gap: .6rem; font-size: 1.35rem; margin: 0; letter-spacing: -.01em; }
        h2 { font-size: 1.15rem; margin: 0 0 .75rem; }
        nav { display: flex; align-items: center; gap: .75rem; margin-left: auto; min-width: 0; max-width: 100%; }
        #who { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
        nav button { flex: none; }
        #served { position: relative; font-size: .75rem; color: var(--quiet); }
        #served summary {
          cursor: pointer; border: 1px solid var(--line); border-radius: 1rem; padding: .1rem .65rem; white-space: nowrap;
        }
        #side { font-weight: 700; color: var(--accent); }
        #sides {
          position: absolute; z-index: 3; margin: .25rem 0 0; padding: .5rem .9rem; list-style: none; white-space: nowrap;
          background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
        }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.25rem;
          margin-bottom: 1.25rem;
        }
        #welcome { max-width: 28rem; margin: 2rem auto; }
        .lead, .hint, footer { color: var(--quiet); }
        .hint { font-size: .875rem; margin: .25rem 0; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 4; }
        form { display: grid; gap: .35rem; }
        label { font-weight: 600; margin-top: .5rem; }
        input, select, textarea, button { font: inherit; color: inherit; min-width: 0; }
        input, select, textarea {
          width: 100%; padding: .55rem .7rem; border: 1px solid var(--line); border-radius: .5rem;
          background: var(--paper);
        }
        [aria-invalid="true"] { border-color: var(--bad); }
        input[type="range"] { padding: 0; accent-color: var(--accent); }
        button { border: 1px solid var(--line); border-radius: .5rem; padding: .55rem 1rem; background: transparent; cursor: pointer; }
        button.strong { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); font-weight: 600; margin-top: .9rem; }
        #studio button.strong { justify-self: start; min-width: 9rem; }
        button[aria-disabled="true"] { opacity: .55; cursor: progress; }
        button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        h2:focus { outline: none; }
        .tabs { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
        /* Stays in sight wherever the page was scrolled to. */
        #message {
          position: sticky; top: .5rem; z-index: 2; display: flex; align-items: flex-start; justify-content: space-between; gap: .5rem;
        }
        #message:has(#notice:not(:empty)) {
          border: 1px solid var(--line); border-left: 4px solid var(--good); border-radius: .4rem; background: var(--card);
          padding: .5rem .5rem .5rem 1rem; margin-bottom: 1rem; box-shadow: 0 .25rem 1rem rgb(0 0 0 / .18);
        }
        #notice { margin: .2rem 0; min-width: 0; }
        #notice:empty + #dismiss { display: none; }
        #dismiss { border: 0; padding: .1rem .6rem; font-size: 1.2rem; line-height: 1.4; }
        #message.bad:has(#notice:not(:empty)) { border-left-color: var(--bad); color: var(--bad); }
        #sending { display: flex; align-items: center; gap: .75rem; flex-wrap: wrap; margin-top: .5rem; font-size: .875rem; }
        #sending progress { flex: 1 1 8rem; width: auto; }
        body.dragging #drop { outline: 3px dashed var(--accent); outline-offset: -6px; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1rem; }
        figure { margin: 0; min-width: 0; }
        figure img, .placeholder { width: 100%; height: 18rem; object-fit: contain; background: var(--paper); border-radius: .6rem; }
        .placeholder { display: grid; place-items: center; color: var(--quiet); border: 1px dashed var(--line); }
        figcaption { color: var(--quiet); font-size: .875rem; margin-top: .35rem; }
        #gallery { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
        #gallery button { padding: 0; width: 100%; overflow: hidden; text-align: left; background: var(--paper); }
        #gallery img { display: block; width: 100%; height: 8rem; object-fit: cover; }
        #gallery .waiting img { visibility: hidden; }
        #gallery .waiting { background: linear-gradient(135deg, var(--line), var(--paper)); }
        #gallery span { display: block; padding: .35rem .6rem; font-size: .85rem; color: var(--quiet); }
        progress { width: 100%; accent-color: var(--accent); }
        @media (max-width: 30rem) {
          header, main, footer { padding: .75rem; }
          section { padding: 1rem; }
          figure img, .placeholder { height: 13rem; }
        }
        """
}
