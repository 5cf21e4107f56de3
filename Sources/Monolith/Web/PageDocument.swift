/// The page's markup. Its ids are what the script and the browser tests hold on to.
enum PageDocument {
    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3b2a6b"/>\
        <path d="M5 17h5l3-9 5 16 3-7h6" fill="none" stroke="#ffb38a" stroke-width="2.6" stroke-linecap="round" \
        stroke-linejoin="round"/></svg>
        """

    /// - Parameter visitor: whether the request carried the cookie of a session, which the script cannot see: without
    ///   one it need not ask whose it is, and a first visit has no refusal on the browser's console.
    static func html(visitor: Bool) -> String {
        """
        <!doctype html>
        <html lang="en" data-visitor="\(visitor ? "known" : "new")">
        \(body)
        """
    }

    private static let body = """
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>PixelPulse</title>
        <meta name="description" content="Upload a picture, choose a filter, keep the result.">
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/static/page.css">
        <script src="/static/page.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <h1><img src="/static/icon.svg" alt="" width="32" height="32"> PixelPulse</h1>
          <details id="served" hidden>
            <summary>served by <span id="side"></span></summary>
            <ul id="sides"></ul>
          </details>
          <nav id="account" hidden aria-label="Account">
            <span id="who" dir="auto"></span>
            <button id="logout" type="button" class="quiet">Log out</button>
          </nav>
        </header>
        <main id="main">
          <div id="message">
            <p id="notice" role="status" aria-live="polite"></p>
            <button id="dismiss" type="button" class="quiet" aria-label="Dismiss this message">×</button>
          </div>

          <section id="welcome" hidden aria-labelledby="welcome-title">
            <h2 id="welcome-title">Give your pictures a pulse</h2>
            <p class="lead">Upload a photo, choose a filter, keep the result.</p>
            <form id="enter" novalidate>
              <div class="tabs" role="group" aria-label="What to do">
                <button type="button" id="choose-signup" aria-pressed="true">Sign up</button>
                <button type="button" id="choose-login" aria-pressed="false">Log in</button>
              </div>
              <label for="email">Email</label>
              <input id="email" name="email" type="email" autocomplete="email" required>
              <label for="password">Password</label>
              <input id="password" name="password" type="password" autocomplete="new-password" minlength="8" required
                aria-describedby="password-hint">
              <p id="password-hint" class="hint">At least 8 characters.</p>
              <div id="name-row">
                <label for="name">Display name <span class="hint">(optional)</span></label>
                <input id="name" name="name" autocomplete="nickname" maxlength="80">
              </div>
              <button id="submit-enter" type="submit" class="strong">Sign up</button>
            </form>
          </section>

          <div id="studio" hidden>
            <section id="drop" aria-labelledby="upload-title">
              <h2 id="upload-title" tabindex="-1">New picture</h2>
              <form id="upload" novalidate>
                <label for="file">PNG or JPEG, at most 16 MiB; or drop it here</label>
                <input id="file" name="file" type="file" accept="image/png,image/jpeg" required>
                <button id="submit-upload" type="submit" class="strong">Upload</button>
                <div id="sending" hidden>
                  <progress id="sent" max="1" value="0" aria-label="How much is sent"></progress>
                  <span id="sent-text"></span>
                  <button id="cancel-upload" type="button" class="quiet">Cancel</button>
                </div>
              </form>
            </section>

            <section id="editor" hidden aria-labelledby="editor-title">
              <h2 id="editor-title" tabindex="-1">Filter</h2>
              <div class="pair">
                <figure><img id="original" alt="The picture as it was uploaded"><figcaption>Original</figcaption></figure>
                <figure><img id="result" alt="" hidden><div id="pending" class="placeholder">No result yet</div>
                  <figcaption id="result-caption">Result</figcaption></figure>
              </div>
              <form id="apply">
                <label for="filter">Filter</label>
                <select id="filter" name="filter"></select>
                <p id="filter-description" class="hint"></p>
                <div id="parameters"></div>
                <button id="submit-apply" type="submit" class="strong">Apply</button>
                <progress id="working" hidden aria-label="The job is running"></progress>
                <p id="job" role="status" aria-live="polite"></p>
              </form>
            </section>

            <section aria-labelledby="gallery-title">
              <h2 id="gallery-title">Gallery</h2>
              <ul id="gallery"></ul>
              <p id="gallery-empty" class="hint">Nothing here yet: upload your first picture above.</p>
              <button id="more" type="button" class="quiet" hidden>Show older pictures</button>
            </section>

            <section aria-labelledby="profile-title">
              <h2 id="profile-title">Profile</h2>
              <form id="profile" autocomplete="off" novalidate>
                <label for="profile-name">Display name</label>
                <input id="profile-name" name="display_name" maxlength="80" required dir="auto">
                <label for="profile-bio">Bio</label>
                <textarea id="profile-bio" name="bio" maxlength="1000" rows="3" dir="auto"></textarea>
                <label for="profile-links">Links <span class="hint">(one per line)</span></label>
                <textarea id="profile-links" name="links" rows="2"></textarea>
                <button id="submit-profile" type="submit" class="strong">Save</button>
              </form>
            </section>
          </div>
        </main>
        <footer><p>PixelPulse is the sample estate of a strangler-fig migration toolkit.</p></footer>
        </body>
        </html>
        """
}
