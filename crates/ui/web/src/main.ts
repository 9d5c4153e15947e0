import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { language } from './i18n/language.svelte';
import { router } from './router.svelte';

language.start();
router.start();

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
