// Writes LICENSES and notice.js: the licence of every package whose code is in the bundle.
// Run after a first build, beside its meta.json and node_modules; README.md has the order.
import fs from 'node:fs';

const inputs = Object.values(JSON.parse(fs.readFileSync('meta.json')).outputs)[0].inputs;
const inside = Object.keys(inputs).filter((path) => path.startsWith('node_modules/'));
const names = [...new Set(inside.map((path) => path.split('/')[1]))].sort();
const holders = new Map();
for (const name of names) {
  const folder = `node_modules/${name}`;
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = fs.readFileSync(`${folder}/${file}`, 'utf8').replace(/\r/g, '').trim();
  const about = JSON.parse(fs.readFileSync(`${folder}/package.json`));
  holders.set(text, [...(holders.get(text) ?? []), `${name} ${about.version} (${about.license})`]);
}
const parts = [...holders].map(([text, packages]) => `${packages.join(', ')}\n\n${text}`);
const head = 'charts.js holds parts of these packages, each under its own licence.\n\n';
const all = `${head}${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
fs.writeFileSync('LICENSES', all);
fs.writeFileSync('notice.js', `/*!\n${all.replaceAll('*/', '* /')}*/`);
