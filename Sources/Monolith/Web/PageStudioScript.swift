/// What somebody who is logged in does on the page: send pictures, look at them, filter them.
enum PageStudioScript {
    static let gallery = #"""

        // Thumbnails are made by the workers, a moment after the picture or its result is there; until then the place
        // is empty.
        function loadThumbnail(mine, button, picture, url) {
          if (picture.dataset.url === url) return;
          picture.dataset.url = url;
          let pause = 1000;
          button.classList.add('waiting');
          picture.onload = () => button.classList.remove('waiting');
          picture.onerror = () => setTimeout(() => {
            if (mine !== visit || picture.dataset.url !== url || pause > 60000) return;
            pause *= 2;
            picture.removeAttribute('src');
            picture.src = url;
          }, pause);
          picture.src = url;
        }

        function fillTile(mine, item, image) {
          const [button] = item.children;
          const [picture, caption] = button.children;
          const { id, result } = image;
          // A picture that was just sent is shown from this machine.
          loadThumbnail(mine, button, picture, result
            ? `/api/images/${id}/result/thumbnail?job=${result.job_id}`
            : mine.previews.get(id) || `/api/images/${id}/thumbnail`);
          picture.alt = result ? `Picture with the filter ${result.filter}` : 'Picture without a filter';
          caption.textContent = result ? result.filter : 'original';
          button.onclick = () => {
            open(mine, image);
            $('editor-title').focus({ preventScroll: true });
            reveal($('editor'));
          };
        }

        function makeTile() {
          const item = document.createElement('li');
          const button = document.createElement('button');
          button.type = 'button';
          const picture = document.createElement('img');
          picture.loading = 'lazy';
          button.append(picture, document.createElement('span'));
          item.append(button);
          return item;
        }

        // Tiles that are there stay where they are, with the focus that one of them may have.
        function showTiles(mine, images, append) {
          let place = append ? null : $('gallery').firstElementChild;
          for (const image of images) {
            let item = mine.tiles.get(image.id);
            if (!item) {
              item = makeTile();
              mine.tiles.set(image.id, item);
              $('gallery').insertBefore(item, place);
            } else if (item === place) place = place.nextElementSibling;
            fillTile(mine, item, image);
          }
        }

        async function loadGallery(mine, page) {
          const gallery = await mine.call('GET', page || `/api/profiles/${mine.user.id}/images?limit=24`);
          showTiles(mine, gallery.images, Boolean(page));
          $('gallery-empty').hidden = mine.tiles.size > 0;
          if (page || mine.older === undefined) mine.older = gallery.next;
          $('more').hidden = !mine.older;
          return gallery.images;
        }

        $('more').addEventListener('click', () => {
          const mine = visit;
          act($('more'), async () => {
            const [first] = await loadGallery(mine, mine.older);
            if ($('more').hidden && first) mine.tiles.get(first.id).firstElementChild.focus();
          });
        });
        """#

    static let upload = #"""

        const limit = 16 * 1024 * 1024;
        const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

        // What the first bytes say: a name may lie, and a browser asks only the name.
        async function typeOf(file) {
          const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
          const begins = (...bytes) => bytes.every((byte, place) => head[place] === byte);
          if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
          return begins(0xff, 0xd8, 0xff) ? 'image/jpeg' : null;
        }

        // XMLHttpRequest, as fetch cannot tell how much of a body was sent.
        function send(mine, file, type) {
          return new Promise((resolve, reject) => {
            const request = mine.sending = new XMLHttpRequest();
            request.open('POST', '/api/images');
            request.setRequestHeader('content-type', type);
            request.upload.onprogress = ({ loaded }) => {
              if (mine !== visit) return;
              $('sent').value = file.size ? loaded / file.size : 1;
              $('sent-text').textContent = loaded < file.size
                ? `${mebibytes(loaded)} of ${mebibytes(file.size)}` : 'Sent; the picture is being looked at…';
            };
            request.onload = () => {
              try {
                resolve(understood(request.status, (name) => request.getResponseHeader(name), request.responseText));
              } catch (error) { reject(error); }
            };
            request.onerror = () => reject(new Error(unreachable));
            request.onabort = () => reject(new Error('The upload was cancelled.'));
            request.send(file);
          }).finally(() => { mine.sending = null; });
        }

        async function upload(mine, file) {
          if (file.size > limit) {
            throw new Error(`${file.name} has ${mebibytes(file.size)}; a picture may have ${mebibytes(limit)}. Nothing was sent.`);
          }
          const type = await typeOf(file);
          if (!type) throw new Error(`${file.name} is neither a PNG nor a JPEG. Nothing was sent.`);
          $('sent').value = 0;
          $('sent-text').textContent = '';
          $('sending').hidden = false;
          try {
            const image = await mine.during(send(mine, file, type));
            mine.previews.set(image.id, URL.createObjectURL(file));
            return image;
          } finally { if (mine === visit) $('sending').hidden = true; }
        }

        // One after the other; the last one is opened.
        function uploadAll(files) {
          const mine = visit;
          if (!mine) return;
          if (!files.length) return notice('Choose a picture first.', true);
          act($('submit-upload'), async () => {
            let image, failure;
            try {
              for (const file of files) image = await upload(mine, file);
            } catch (error) { failure = error; }
            // What was sent before one failed is there, and shown.
            if (image) {
              open(mine, image);
              if (failure) await loadGallery(mine);
            }
            if (failure) throw failure;
            $('upload').reset();
            notice(`Uploaded: ${image.width} × ${image.height} pixels. Now choose a filter.`);
            reveal($('editor'));
            await loadGallery(mine);
          });
        }

        $('upload').addEventListener('submit', (event) => {
          event.preventDefault();
          uploadAll([...$('file').files]);
        });
        $('cancel-upload').addEventListener('click', () => {
          if (visit && visit.sending) visit.sending.abort();
          $('submit-upload').focus();
        });

        // A file that misses the place must not replace the page.
        const carriesFiles = (event) => Boolean(event.dataTransfer) && [...event.dataTransfer.types].includes('Files');
        addEventListener('dragover', (event) => {
          if (!carriesFiles(event)) return;
          event.preventDefault();
          document.body.classList.toggle('dragging', Boolean(visit));
        });
        addEventListener('dragleave', (event) => {
          if (!event.relatedTarget) document.body.classList.remove('dragging');
        });
        addEventListener('drop', (event) => {
          document.body.classList.remove('dragging');
          if (!carriesFiles(event)) return;
          event.preventDefault();
          uploadAll([...event.dataTransfer.files]);
        });
        """#

    static let editor = #"""

        function reveal(element) {
          const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
          element.scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'start' });
        }

        async function loadFilters(mine) {
          mine.filters = (await mine.call('GET', '/api/filters')).filters;
          $('filter').replaceChildren(...mine.filters.map((filter) => new Option(filter.title, filter.name)));
          $('filter').value = 'aesthetic';
          showParameters(mine);
        }

        function showParameters(mine) {
          const filter = mine.filters.find((each) => each.name === $('filter').value);
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

        function open(mine, image) {
          mine.current = image;
          $('editor').hidden = false;
          $('original').src = mine.previews.get(image.id) || image.url;
          showResult(image.result);
          $('job').textContent = '';
        }

        function showResult(result) {
          $('result').hidden = !result;
          $('pending').hidden = Boolean(result);
          $('result-caption').textContent = result ? `Result: ${result.filter}` : 'Result';
          $('result').alt = result ? `The picture with the filter ${result.filter}` : '';
          if (result) $('result').src = result.url; else $('result').removeAttribute('src');
        }

        // Asks for the job until it ended, ever more slowly.
        async function watch(mine, image, job) {
          let pause = 150;
          for (;;) {
            if (mine.current === image) $('job').textContent = `Job ${job.state}`;
            if (job.state === 'done' || job.state === 'failed') return job;
            await new Promise((resolve) => setTimeout(resolve, pause));
            pause = Math.min(pause * 1.4, 2000);
            job = await mine.call('GET', `/api/jobs/${job.id}`);
          }
        }

        $('filter').addEventListener('change', () => { if (visit) showParameters(visit); });

        $('apply').addEventListener('submit', (event) => {
          event.preventDefault();
          const mine = visit;
          act($('submit-apply'), async () => {
            const image = mine.current;
            const body = { filter: $('filter').value };
            for (const input of $('parameters').querySelectorAll('input')) body[input.name] = Number(input.value);
            $('working').hidden = false;
            try {
              const job = await watch(mine, image, await mine.call('POST', `/api/images/${image.id}/jobs`, body));
              if (job.state === 'failed') throw new Error(`The job failed: ${job.error}`);
              if (mine.current === image) showResult({ filter: job.filter, url: job.result_url });
              await loadGallery(mine);
            } finally { if (mine === visit) $('working').hidden = true; }
          });
        });
        """#
}
