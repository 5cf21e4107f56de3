/// The page's behaviour: plain JavaScript over the public API, nothing that only this page could do.
enum PageScript {
    static let javaScript = #"""
        'use strict';
        const $ = (id) => document.getElementById(id);
        let user = null, filters = [], current = null, mode = 'signup', older = null;

        function notice(text, bad = false) {
          $('notice').textContent = text;
          $('notice').classList.toggle('bad', bad);
        }

        // Every call of the API; a problem document becomes an Error with its words.
        async function call(method, path, body, type = 'application/json') {
          const headers = body === undefined ? {} : { 'content-type': type };
          const payload = body === undefined || type !== 'application/json' ? body : JSON.stringify(body);
          const answer = await fetch(path, { method, headers, body: payload, credentials: 'same-origin', cache: 'no-cache' });
          const isJSON = (answer.headers.get('content-type') || '').includes('json');
          const document_ = isJSON ? await answer.json() : null;
          if (!answer.ok) {
            const error = new Error((document_ && (document_.detail || document_.title)) || `${answer.status}`);
            error.status = answer.status;
            throw error;
          }
          return document_;
        }

        // Runs one action with its button disabled and its failure shown.
        async function act(button, body) {
          button.disabled = true;
          notice('');
          try { await body(); } catch (error) { notice(error.message, true); } finally { button.disabled = false; }
        }

        function choose(which) {
          mode = which;
          $('choose-signup').setAttribute('aria-pressed', String(which === 'signup'));
          $('choose-login').setAttribute('aria-pressed', String(which === 'login'));
          $('name-row').hidden = which !== 'signup';
          $('password').autocomplete = which === 'signup' ? 'new-password' : 'current-password';
          $('submit-enter').textContent = which === 'signup' ? 'Sign up' : 'Log in';
        }

        function showWelcome() {
          user = null;
          $('account').hidden = true;
          $('studio').hidden = true;
          $('welcome').hidden = false;
        }

        async function showStudio(account) {
          user = account;
          $('welcome').hidden = true;
          $('account').hidden = false;
          $('studio').hidden = false;
          $('editor').hidden = true;
          current = null;
          $('who').textContent = account.display_name;
          await Promise.all([loadFilters(), loadProfile(), loadGallery()]);
        }

        async function loadFilters() {
          filters = (await call('GET', '/api/filters')).filters;
          $('filter').replaceChildren(...filters.map((filter) => new Option(filter.title, filter.name)));
          $('filter').value = 'aesthetic';
          showParameters();
        }

        function showParameters() {
          const filter = filters.find((each) => each.name === $('filter').value);
          $('filter-description').textContent = filter ? filter.description : '';
          $('parameters').replaceChildren(...(filter ? filter.parameters : []).map((parameter) => {
            const row = document.createElement('div');
            const label = document.createElement('label');
            const input = document.createElement('input');
            const value = document.createElement('output');
            input.type = 'range';
            input.id = `parameter-${parameter.name}`;
            input.name = parameter.name;
            input.min = parameter.minimum;
            input.max = parameter.maximum;
            input.step = parameter.type === 'integer' ? 1 : 0.05;
            input.value = parameter.default;
            label.htmlFor = input.id;
            value.textContent = ` ${input.value}`;
            input.addEventListener('input', () => { value.textContent = ` ${input.value}`; });
            label.append(parameter.name, value);
            row.append(label, input);
            return row;
          }));
        }

        async function loadProfile() {
          const profile = await call('GET', `/api/profiles/${user.id}`);
          $('who').textContent = profile.display_name;
          $('profile-name').value = profile.display_name;
          $('profile-bio').value = profile.bio;
          $('profile-links').value = profile.links.join('\n');
        }

        function tile(image) {
          const item = document.createElement('li');
          const button = document.createElement('button');
          const picture = document.createElement('img');
          const caption = document.createElement('span');
          button.type = 'button';
          picture.loading = 'lazy';
          picture.src = image.result ? image.result.url : image.url;
          picture.alt = image.result ? `Picture with the filter ${image.result.filter}` : 'Picture without a filter';
          caption.textContent = image.result ? image.result.filter : 'original';
          button.append(picture, caption);
          button.addEventListener('click', () => { open(image); $('editor').scrollIntoView({ behavior: 'smooth' }); });
          item.append(button);
          return item;
        }

        async function loadGallery(page = `/api/profiles/${user.id}/images?limit=24`, append = false) {
          const gallery = await call('GET', page);
          const tiles = gallery.images.map(tile);
          if (append) $('gallery').append(...tiles); else $('gallery').replaceChildren(...tiles);
          $('gallery-empty').hidden = $('gallery').children.length > 0;
          older = gallery.next;
          $('more').hidden = !older;
        }

        function open(image) {
          current = image;
          $('editor').hidden = false;
          $('original').src = image.url;
          showResult(image.result);
          $('job').textContent = '';
        }

        function showResult(result) {
          $('result').hidden = !result;
          $('pending').hidden = Boolean(result);
          $('result-caption').textContent = result ? `Result: ${result.filter}` : 'Result';
          if (result) {
            $('result').src = result.url;
            $('result').alt = `The picture with the filter ${result.filter}`;
          }
        }

        // Asks for the job until it ended, ever more slowly.
        async function watch(job) {
          let pause = 150;
          for (;;) {
            $('job').textContent = `Job ${job.state}`;
            if (job.state === 'done' || job.state === 'failed') return job;
            await new Promise((resolve) => setTimeout(resolve, pause));
            pause = Math.min(pause * 1.4, 2000);
            job = await call('GET', `/api/jobs/${job.id}`);
          }
        }

        $('choose-signup').addEventListener('click', () => choose('signup'));
        $('choose-login').addEventListener('click', () => choose('login'));
        $('filter').addEventListener('change', showParameters);
        $('more').addEventListener('click', () => act($('more'), () => loadGallery(older, true)));

        $('enter').addEventListener('submit', (event) => {
          event.preventDefault();
          act($('submit-enter'), async () => {
            const body = { email: $('email').value, password: $('password').value };
            if (mode === 'signup' && $('name').value.trim()) body.display_name = $('name').value;
            const account = await call('POST', `/api/auth/${mode}`, body);
            $('enter').reset();
            await showStudio(account.user);
          });
        });

        $('logout').addEventListener('click', () => act($('logout'), async () => {
          await call('POST', '/api/auth/logout');
          showWelcome();
          notice('You are logged out.');
        }));

        $('upload').addEventListener('submit', (event) => {
          event.preventDefault();
          const file = $('file').files[0];
          if (!file) return notice('Choose a picture first.', true);
          act($('submit-upload'), async () => {
            const image = await call('POST', '/api/images', file, file.type || 'application/octet-stream');
            $('upload').reset();
            open(image);
            notice(`Uploaded: ${image.width} × ${image.height} pixels. Now choose a filter.`);
            await loadGallery();
          });
        });

        $('apply').addEventListener('submit', (event) => {
          event.preventDefault();
          act($('submit-apply'), async () => {
            const image = current;
            const body = { filter: $('filter').value };
            for (const input of $('parameters').querySelectorAll('input')) body[input.name] = Number(input.value);
            $('working').hidden = false;
            try {
              const job = await watch(await call('POST', `/api/images/${image.id}/jobs`, body));
              if (job.state === 'failed') throw new Error(`The job failed: ${job.error}`);
              if (current === image) showResult({ filter: job.filter, url: job.result_url });
              await loadGallery();
            } finally { $('working').hidden = true; }
          });
        });

        $('profile').addEventListener('submit', (event) => {
          event.preventDefault();
          act($('submit-profile'), async () => {
            const links = $('profile-links').value.split('\n').map((line) => line.trim()).filter(Boolean);
            const body = { display_name: $('profile-name').value, bio: $('profile-bio').value, links };
            const profile = await call('PATCH', `/api/profiles/${user.id}`, body);
            $('who').textContent = profile.display_name;
            notice('Your profile is saved.');
          });
        });

        call('GET', '/api/auth/session').then((session) => showStudio(session.user)).catch((error) => {
          showWelcome();
          if (error.status !== 401) notice(error.message, true);
        });
        """#
}
