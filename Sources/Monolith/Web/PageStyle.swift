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
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        header, main, footer { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem; }
        header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
        h1 { display: flex; align-items: center; gap: .6rem; font-size: 1.35rem; margin: 0; letter-spacing: -.01em; }
        h2 { font-size: 1.15rem; margin: 0 0 .75rem; }
        nav { display: flex; align-items: center; gap: .75rem; }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.25rem;
          margin-bottom: 1.25rem;
        }
        #welcome { max-width: 28rem; margin: 2rem auto; }
        .lead, .hint, footer { color: var(--quiet); }
        .hint { font-size: .875rem; margin: .25rem 0; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; }
        form { display: grid; gap: .35rem; }
        label { font-weight: 600; margin-top: .5rem; }
        input, select, textarea, button { font: inherit; color: inherit; }
        input, select, textarea {
          width: 100%; padding: .55rem .7rem; border: 1px solid var(--line); border-radius: .5rem;
          background: var(--paper);
        }
        input[type="range"] { padding: 0; accent-color: var(--accent); }
        button { border: 1px solid var(--line); border-radius: .5rem; padding: .55rem 1rem; background: transparent; cursor: pointer; }
        button.strong { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); font-weight: 600; margin-top: .9rem; }
        #studio button.strong { justify-self: start; min-width: 9rem; }
        button[disabled] { opacity: .55; cursor: progress; }
        button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .tabs { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
        #notice:not(:empty) { border-left: 4px solid var(--good); background: var(--card); padding: .6rem 1rem; border-radius: .4rem; }
        #notice.bad { border-left-color: var(--bad); color: var(--bad); }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; }
        figure { margin: 0; }
        figure img, .placeholder { width: 100%; height: 18rem; object-fit: contain; background: var(--paper); border-radius: .6rem; }
        .placeholder { display: grid; place-items: center; color: var(--quiet); border: 1px dashed var(--line); }
        figcaption { color: var(--quiet); font-size: .875rem; margin-top: .35rem; }
        #gallery { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
        #gallery button { padding: 0; width: 100%; overflow: hidden; text-align: left; background: var(--paper); }
        #gallery img { display: block; width: 100%; height: 8rem; object-fit: cover; }
        #gallery span { display: block; padding: .35rem .6rem; font-size: .85rem; color: var(--quiet); }
        progress { width: 100%; accent-color: var(--accent); }
        """
}
