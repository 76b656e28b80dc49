// Reads snapshots as server-sent events with Node's own EventSource, and prints a line of JSON for each. Once everything
// that was there has been sent, each connection is cut after a while, at any byte. Ends when its standard input does.
//
//   node --experimental-eventsource events.mjs URL_OF_SERVER KEY
import http from 'node:http';

const [server, key] = process.argv.slice(2);
const say = (event) => console.log(JSON.stringify(event));
let synced = false;

// EventSource sends no headers of ours, so a proxy adds the key. It is also what cuts.
const proxy = http.createServer((request, response) => {
    const { host, ...headers } = request.headers;
    const passed = http.request(server + request.url, { headers: { ...headers, apikey: key } }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        let left = synced ? Math.random() * 20000 : Infinity;
        answer.on('data', (bytes) => {
            response.write(bytes.subarray(0, Math.max(0, Math.min(bytes.length, left))));
            left -= bytes.length;
            if (left <= 0) setTimeout(() => response.destroy(), 5);
        });
        answer.on('end', () => response.end());
        answer.on('error', () => response.destroy());
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    passed.end();
});

proxy.listen(0, '127.0.0.1', () => {
    const source = new EventSource(`http://127.0.0.1:${proxy.address().port}/v1/spectroclusters/-/vms/snapshot`);
    source.onopen = () => say({ event: 'open' });
    for (const event of ['added', 'modified', 'removed', 'synced', 'end']) {
        source.addEventListener(event, (message) => {
            synced ||= event === 'synced';
            const data = JSON.parse(message.data);
            say({ event, name: data.metadata?.name, reason: data.reason, id: message.lastEventId });
        });
    }
});
process.stdin.on('end', () => process.exit(0)).resume();
