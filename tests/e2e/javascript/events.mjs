// Reads snapshots as server-sent events with Node's own EventSource, and prints a line of JSON for each. Once everything
// that was there has been sent, each connection is cut after a while, at any byte. Ends when its standard input does.
//
//   node --experimental-eventsource events.mjs URL_OF_SERVER KEY
import { cuttingProxy } from './cutting_proxy.mjs';

const [server, key] = process.argv.slice(2);
const say = (event) => console.log(JSON.stringify(event));
let synced = false;

const proxy = await cuttingProxy(() => server, key, () => (synced ? Math.random() * 20000 : Infinity));
const source = new EventSource(`http://127.0.0.1:${proxy.address().port}/v1/spectroclusters/-/vms/snapshot`);
source.onopen = () => say({ event: 'open' });
for (const event of ['added', 'modified', 'removed', 'synced', 'end']) {
    source.addEventListener(event, (message) => {
        synced ||= event === 'synced';
        const data = JSON.parse(message.data);
        say({ event, name: data.metadata?.name, reason: data.reason, id: message.lastEventId });
    });
}
process.stdin.on('end', () => process.exit(0)).resume();
