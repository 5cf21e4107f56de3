/// The page's behaviour: plain JavaScript over the public API, nothing that only this page could do.
enum PageScript {
    static let javaScript = [
        talking, visiting, PageStudioScript.gallery, PageStudioScript.upload, PageStudioScript.editor, beginning,
    ]
    .joined(separator: "\n")

    /// How the page speaks to the API, and to the person.
    private static let talking = #"""
        'use strict';
        const $ = (id) => document.getElementById(id);

        function notice(text, bad = false) {
          $('notice').textContent = text;
          $('message').classList.toggle('bad', bad);
        }

        // Which side answered which route last, where the router tells (x-strangler-side).
        const sides = new Map();
        function served(header) {
          const side = header('x-strangler-side');
          if (!side) return;
          sides.set(header('x-strangler-route') || 'default', side);
          const names = new Set(sides.values());
          $('side').textContent = names.size === 1 ? [...names][0] : 'both sides';
          $('sides').replaceChildren(...[...sides].sort().map(([route, by]) => {
            const item = document.createElement('li');
            item.textContent = `${route}: ${by}`;
            return item;
          }));
          $('served').hidden = false;
        }

        // What a response says: its document, or an Error with the words of its problem document.
        function understood(status, header, text) {
          served(header);
          let found = null;
          if ((header('content-type') || '').includes('json')) {
            try { found = JSON.parse(text); } catch { /* as if there were none */ }
          }
          if (status >= 200 && status < 300) return found;
          const error = new Error((found && (found.detail || found.title)) || `The server answered ${status}.`);
          error.status = status;
          error.field = found && found.field;
          throw error;
        }

        const unreachable = 'The server cannot be reached. Is the connection there? Then try again.';

        async function ask(method, path, body) {
          const headers = body === undefined ? {} : { 'content-type': 'application/json' };
          const payload = body === undefined ? undefined : JSON.stringify(body);
          let answer, text;
          try {
            answer = await fetch(path, { method, headers, body: payload, credentials: 'same-origin', cache: 'no-cache' });
            text = await answer.text();
          } catch { throw new Error(unreachable); }
          return understood(answer.status, (name) => answer.headers.get(name), text);
        }

        // Thrown into what was begun for somebody who has left meanwhile: nothing of it is shown.
        class Late extends Error {}

        // The input that a refusal is about.
        const inputs = {
          email: 'email', password: 'password', display_name: 'profile-name', bio: 'profile-bio', links: 'profile-links',
        };

        function refuse(id, text) {
          const input = $(id);
          input.setAttribute('aria-invalid', 'true');
          input.focus();
          notice(text, true);
        }

        // Runs one action, once at a time, and shows its failure. The button is not disabled: it would lose the focus.
        async function act(button, body) {
          if (button.getAttribute('aria-disabled') === 'true') return;
          button.setAttribute('aria-disabled', 'true');
          notice('');
          for (const input of document.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
          try { await body(); } catch (error) {
            if (error instanceof Late) return;
            const id = error.field === 'display_name' && !visit ? 'name' : inputs[error.field];
            if (id) refuse(id, error.message); else notice(error.message, true);
          } finally { button.removeAttribute('aria-disabled'); }
        }
        """#

    /// Who is here, from coming to leaving.
    private static let visiting = #"""

        // All that the page knows for one person; the next one gets another, and what the first one's calls bring is
        // late.
        class Visit {
          constructor(user) {
            this.user = user;
            this.filters = [];
            this.current = null;
            this.older = undefined;
            this.tiles = new Map();
            this.previews = new Map();
          }

          // A response for this person; one that says the session has ended leads to the log-in.
          async during(work) {
            if (this !== visit) throw new Late();
            try {
              const found = await work;
              if (this !== visit) throw new Late();
              return found;
            } catch (error) {
              if (this !== visit) throw new Late();
              if (error.status !== 401) throw error;
              expire();
              throw new Late();
            }
          }

          call(method, path, body) { return this.during(ask(method, path, body)); }
        }

        let visit = null, mode = 'signup', draft = null;
        // Tabs of one browser share a session: what one does with it, the others are told.
        const tabs = new BroadcastChannel('pixelpulse');

        function choose(which) {
          mode = which;
          $('choose-signup').setAttribute('aria-pressed', String(which === 'signup'));
          $('choose-login').setAttribute('aria-pressed', String(which === 'login'));
          $('name-row').hidden = which !== 'signup';
          $('password').autocomplete = which === 'signup' ? 'new-password' : 'current-password';
          $('submit-enter').textContent = which === 'signup' ? 'Sign up' : 'Log in';
        }

        // Nothing of whoever was here stays, neither in sight nor in a form.
        function showWelcome() {
          if (visit) {
            for (const url of visit.previews.values()) URL.revokeObjectURL(url);
            if (visit.sending) visit.sending.abort();
          }
          visit = null;
          for (const id of ['account', 'studio', 'editor', 'more', 'result', 'working', 'sending']) $(id).hidden = true;
          for (const id of ['enter', 'upload', 'apply', 'profile']) $(id).reset();
          for (const id of ['who', 'job', 'sent-text', 'filter-description']) $(id).textContent = '';
          for (const id of ['gallery', 'filter', 'parameters']) $(id).replaceChildren();
          for (const id of ['original', 'result']) $(id).removeAttribute('src');
          $('who').title = '';
          $('welcome').hidden = false;
        }

        function expire() {
          const { id, email } = visit.user;
          draft = { id, name: $('profile-name').value, bio: $('profile-bio').value, links: $('profile-links').value };
          showWelcome();
          choose('login');
          $('email').value = email;
          $('password').focus();
          notice('Your session has ended. Log in to go on where you were.', true);
        }

        function showName(name) {
          $('who').textContent = name;
          $('who').title = name;
        }

        async function showStudio(user) {
          showWelcome();
          const mine = visit = new Visit(user);
          $('welcome').hidden = true;
          $('account').hidden = false;
          $('studio').hidden = false;
          showName(user.display_name);
          await Promise.all([loadFilters(mine), loadProfile(mine), loadGallery(mine)]);
        }

        async function loadProfile(mine) {
          const profile = await mine.call('GET', `/api/profiles/${mine.user.id}`);
          showName(profile.display_name);
          const unsaved = draft && draft.id === mine.user.id ? draft : null;
          draft = null;
          $('profile-name').value = unsaved ? unsaved.name : profile.display_name;
          $('profile-bio').value = unsaved ? unsaved.bio : profile.bio;
          $('profile-links').value = unsaved ? unsaved.links : profile.links.join('\n');
        }

        $('choose-signup').addEventListener('click', () => choose('signup'));
        $('choose-login').addEventListener('click', () => choose('login'));
        $('dismiss').addEventListener('click', () => notice(''));

        $('enter').addEventListener('submit', (event) => {
          event.preventDefault();
          act($('submit-enter'), async () => {
            const body = { email: $('email').value, password: $('password').value };
            if (!/^[^@\s]+@[^@\s]+$/.test(body.email.trim())) {
              return refuse('email', 'Give an email address that looks like name@example.org.');
            }
            if (new TextEncoder().encode(body.password).length < 8) {
              return refuse('password', 'A password has at least 8 characters.');
            }
            if (mode === 'signup' && $('name').value.trim()) body.display_name = $('name').value;
            const account = await ask('POST', `/api/auth/${mode}`, body);
            tabs.postMessage(account.user.id);
            const shown = showStudio(account.user);
            $('upload-title').focus();
            await shown;
          });
        });

        $('logout').addEventListener('click', () => act($('logout'), async () => {
          await visit.call('POST', '/api/auth/logout');
          tabs.postMessage(null);
          draft = null;
          showWelcome();
          choose('login');
          $('email').focus();
          notice('You are logged out.');
        }));

        $('profile').addEventListener('submit', (event) => {
          event.preventDefault();
          const mine = visit;
          act($('submit-profile'), async () => {
            const links = $('profile-links').value.split('\n').map((line) => line.trim()).filter(Boolean);
            const body = { display_name: $('profile-name').value, bio: $('profile-bio').value, links };
            const profile = await mine.call('PATCH', `/api/profiles/${mine.user.id}`, body);
            showName(profile.display_name);
            notice('Your profile is saved.');
          });
        });
        """#

    /// What is done at once, and when the browser shows the page again.
    private static let beginning = #"""

        async function begin() {
          try {
            const session = await ask('GET', '/api/auth/session');
            if (!visit || visit.user.id !== session.user.id) await showStudio(session.user);
          } catch (error) {
            if (error instanceof Late) return;
            if (visit && error.status !== 401) return notice(error.message, true);
            showWelcome();
            choose('login');
            if (error.status !== 401) notice(error.message, true);
          }
        }

        tabs.addEventListener('message', ({ data: id }) => {
          if (id === (visit && visit.user.id)) return;
          draft = null;
          showWelcome();
          if (id) begin(); else notice('You are logged out.');
        });
        // From the cache of a browser that goes back, with whatever was on it then.
        addEventListener('pageshow', (event) => { if (event.persisted) { showWelcome(); begin(); } });

        // A new visitor has no session to ask for.
        if (document.documentElement.dataset.visitor === 'known') begin(); else showWelcome();
        """#
}
