/** A file found in what was dropped or picked, with its path inside the folder. */
export interface Found {
  file: File;
  path: string;
}

export interface Findings {
  found: Found[];
  /** Paths that the browser could not read. */
  unreadable: string[];
}

/** What a file input holds; a folder's files carry their path. */
export function filesOfInput(input: HTMLInputElement): Found[] {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/**
 * All files of a drop, folders walked to the bottom. The entries must be taken before the first `await`: the browser
 * empties the transfer when the event handler returns.
 */
export function filesOfDrop(transfer: DataTransfer, progress: (files: number) => void): Promise<Findings> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const loose = entries.length === 0 ? [...transfer.files] : [];
  return walk(entries, loose.map((file) => ({ file, path: file.name })), progress);
}

async function walk(entries: FileSystemEntry[], found: Found[], progress: (files: number) => void): Promise<Findings> {
  const findings: Findings = { found, unreadable: [] };
  const queue = [...entries];
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    try {
      if (entry.isDirectory) {
        queue.unshift(...(await children(entry as FileSystemDirectoryEntry)));
      } else {
        findings.found.push({ file: await fileOf(entry as FileSystemFileEntry), path: entry.fullPath.slice(1) });
      }
    } catch {
      findings.unreadable.push(entry.fullPath.slice(1));
    }
    progress(findings.found.length);
  }
  return findings;
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** `readEntries` gives about a hundred at a time and an empty list at the end. */
async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
